import { TYPESCRIPT_MANIFESTS } from '../engine/pack/bundle/typescript-manifests.ts';
import { folderOfManifest, manifestsFor, mayBeManifest, PLAIN_MANIFESTS } from './detect.ts';
import { wrapperFolder } from './fixes.ts';
import { mentionsInCode } from './language/code-mentions.ts';
import { type EntityMention, entitiesOf } from './language/entities.ts';
import { type ManifestReading, type ManifestSurroundings, readManifest } from './lint-manifest.ts';
import { Modules, type ReadText } from './meaning/modules.ts';
import { pathsLike } from './paths.ts';
import { ParseCache } from './text/parse.ts';
import { surroundingsOf } from './wrapper/find-manifest.ts';

/** How long what was found around a manifest holds, in milliseconds. */
const SURROUNDINGS_MS = 5000;

/** Where the manifest of a wrapper may stand, below its folder. */
const WRAPPER_MANIFESTS = [...TYPESCRIPT_MANIFESTS, ...PLAIN_MANIFESTS];

/** The files of an editor, whichever it is. */
export interface EditorFiles {
  /** The text of a file as the editor has it, else as it is on disk. */
  readonly readText: ReadText;
  /** Says which versions of texts are open: as long as it stays the same, nothing was typed. */
  readonly versions: () => string;
  /** The TypeScript below `startos/` of a wrapper's folder. */
  readonly findCode: (folder: string) => Promise<readonly string[]>;
}

/** Reads manifests as they are in an editor, saved or not, each version once. */
export class OpenManifests {
  private readonly files: EditorFiles;
  /** Texts that were parsed, for others that read the same ones. */
  readonly texts = new ParseCache();
  private readonly codeMentions = new Map<string, { text: string; mentions: EntityMention[] }>();
  private readonly readings = new Map<string, { versions: string; reading: Promise<ManifestReading | undefined> }>();
  private readonly surroundings = new Map<string, { until: number; found: Promise<ManifestSurroundings> }>();

  constructor(files: EditorFiles) {
    this.files = files;
  }

  /** Forgets what was read: files changed on disk. */
  forget(): void {
    this.readings.clear();
    this.surroundings.clear();
  }

  /** The manifest in a file; undefined if it holds none. */
  async read(file: string): Promise<ManifestReading | undefined> {
    return mayBeManifest(file) ? this.readFile(file) : undefined;
  }

  /** The manifest that a file of a wrapper's code belongs to, or that it is. */
  async readFor(file: string): Promise<ManifestReading | undefined> {
    return this.firstOf(manifestsFor(file));
  }

  /** The manifest of a wrapper's folder. */
  async readWrapper(folder: string): Promise<ManifestReading | undefined> {
    return this.firstOf(WRAPPER_MANIFESTS.map((name) => pathsLike(folder).join(folder, name)));
  }

  private async firstOf(files: readonly string[]): Promise<ManifestReading | undefined> {
    for (const file of files) {
      const reading = await this.readFile(file);
      if (reading) return reading;
    }
    return undefined;
  }

  private async readFile(file: string): Promise<ManifestReading | undefined> {
    // What is typed anywhere may change what a manifest says, by way of its imports.
    const versions = this.files.versions();
    const known = this.readings.get(file);
    if (known?.versions === versions) return known.reading;
    const reading = this.readNow(file);
    this.readings.set(file, { versions, reading });
    // What failed once is tried again.
    reading.catch(() => this.readings.delete(file));
    return reading;
  }

  private async readNow(file: string): Promise<ManifestReading | undefined> {
    const [modules, surroundings] = await Promise.all([
      Modules.load(file, this.files.readText, this.texts),
      this.surroundingsOf(folderOfManifest(file)),
    ]);
    return modules && readManifest(modules, surroundings);
  }

  private surroundingsOf(folder: string): Promise<ManifestSurroundings> {
    const known = this.surroundings.get(folder);
    if (known && known.until > Date.now()) return known.found;
    const found = surroundingsOf(folder, this.files.readText);
    this.surroundings.set(folder, { until: Date.now() + SURROUNDINGS_MS, found });
    return found;
  }

  /** Where a wrapper's manifest and code name volumes, images and the like. */
  async mentionsIn(reading: ManifestReading): Promise<EntityMention[]> {
    const mentions = entitiesOf(reading);
    if (!reading.usesSdk) return mentions;
    for (const path of await this.files.findCode(wrapperFolder(reading))) {
      const text = await this.files.readText(path);
      if (text !== undefined) mentions.push(...this.mentionsOfCode(path, text));
    }
    return mentions;
  }

  private mentionsOfCode(file: string, text: string): EntityMention[] {
    const known = this.codeMentions.get(file);
    if (known?.text === text) return known.mentions;
    const mentions = mentionsInCode(file, text);
    this.codeMentions.set(file, { text, mentions });
    return mentions;
  }
}
