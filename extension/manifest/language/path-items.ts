import { join } from 'node:path';
import { wrapperFolder } from '../fixes.ts';
import type { ManifestReading } from '../lint-manifest.ts';
import type { Span } from '../text/tree.ts';
import type { PathContext } from './complete.ts';

/** A file or folder whose path may be typed. */
export interface PathItem {
  readonly label: string;
  readonly isFolder: boolean;
  /** What replaces `replace`, with quotes. */
  readonly insert: string;
  readonly replace: Span;
  readonly sort: string;
}

/** The part of a path that is typed up to its last folder, with its slash. */
function parentTyped({ typed }: PathContext): string {
  return typed.slice(0, typed.lastIndexOf('/') + 1);
}

/** The folder in which a path goes on that is being typed. */
export function folderTyped(reading: ManifestReading, context: PathContext): string {
  return join(wrapperFolder(reading), parentTyped(context));
}

/** What of a folder's entries may follow. */
export function pathItems(
  context: PathContext,
  entries: Iterable<{ readonly name: string; readonly isFolder: boolean }>,
): PathItem[] {
  const { kind, quote, replace } = context;
  const parent = parentTyped(context);
  return [...entries].flatMap(({ name, isFolder }) => {
    if (name.startsWith('.') || name === 'node_modules' || (kind === 'folder' && !isFolder)) return [];
    const label = `${parent}${name}`;
    return [{ label, isFolder, insert: `${quote}${label}${quote}`, replace, sort: `0${name}` }];
  });
}

/** The file that is there once start-sdk is installed: from then on TypeScript itself offers the keys of its types. */
export function sdkMarker(reading: ManifestReading): string {
  return join(wrapperFolder(reading), 'node_modules', '@start9labs', 'start-sdk', 'package.json');
}
