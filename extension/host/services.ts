import type * as vscode from 'vscode';
import type { EngineClient } from './engine/client.ts';
import type { Manifests } from './manifest/manifests.ts';
import type { TextLints } from './manifest/text-lints.ts';
import type { Comparison } from './packages/comparison.ts';
import type { PackagesTree } from './packages/tree/tree.ts';
import type { Problems } from './problems.ts';
import type { Log } from './say.ts';
import type { WrapperView } from './wrapper/view.ts';

/** What lives as long as the extension does, in browsers too: all that reads manifests and packages. */
export interface ReadingServices {
  readonly engine: EngineClient;
  readonly log: Log;
  readonly problems: Problems;
  readonly packages: PackagesTree;
  readonly comparison: Comparison;
  readonly manifests: Manifests;
  readonly lints: TextLints;
  /** Where the extension itself is installed. */
  readonly home: vscode.Uri;
}

/** Everything that lives as long as the extension does, where there is a disk. */
export interface Services extends ReadingServices {
  readonly wrapper: WrapperView;
}
