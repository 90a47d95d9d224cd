import { newIdOf } from '../../engine/convert/legacy-names.ts';
import type { DataNode } from '../meaning/data-tree.ts';
import { CodeFile, Words } from './code-file.ts';
import type { FoundSpec } from './forms/find-spec.ts';
import { entriesAt, textAt } from './read.ts';

/** All that a migration is made of: nothing else is looked at. */
export interface MigrationFacts {
  readonly manifest: DataNode;
  /** `manifest.yaml`, or what it is called. */
  readonly manifestName: string;
  /** Paths of the files in the folder, relative to it, with `/`, sorted. */
  readonly files: readonly string[];
  /** The texts of those that say something about the service: Dockerfiles, scripts, specifications. */
  readonly texts: ReadonlyMap<string, string>;
  /** The form of the configuration, if it can be known. */
  readonly spec: FoundSpec | undefined;
  /** Files that every new wrapper begins with, by path. */
  readonly common: ReadonlyMap<string, string>;
}

/** A wrapper that is being written. */
export class Draft {
  readonly facts: MigrationFacts;
  readonly words = new Words();
  private readonly written = new Map<string, CodeFile>();

  constructor(facts: MigrationFacts) {
    this.facts = facts;
  }

  get manifest(): DataNode {
    return this.facts.manifest;
  }

  /** Under which 0.3 knew the package. */
  get oldId(): string {
    return textAt(this.manifest, 'id') ?? 'package';
  }

  /** Under which servers that move to 0.4 know it: theirs is what the new package updates. */
  get id(): string {
    return newIdOf(this.oldId);
  }

  get title(): string {
    return textAt(this.manifest, 'title') ?? this.oldId;
  }

  /** The module at a path, begun if it is not there yet. */
  file(path: string): CodeFile {
    const known = this.written.get(path) ?? new CodeFile(path, this.words);
    this.written.set(path, known);
    return known;
  }

  modules(): Iterable<CodeFile> {
    return this.written.values();
  }

  hasFile(path: string): boolean {
    return this.facts.files.includes(path);
  }

  text(path: string): string | undefined {
    return this.facts.texts.get(path);
  }

  /** Volumes that keep data, in the manifest's order. */
  dataVolumes(): string[] {
    return entriesAt(this.manifest, 'volumes').flatMap(([id, volume]) =>
      textAt(volume, 'type') === 'data' ? [id] : [],
    );
  }

  /** The volume that 0.3 keeps its configuration in. */
  mainVolume(): string | undefined {
    const volumes = this.dataVolumes();
    return volumes.includes('main') ? 'main' : volumes[0];
  }
}
