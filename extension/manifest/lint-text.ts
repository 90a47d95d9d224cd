import type { Finding } from '../engine/finding.ts';
import { takeTurns } from '../engine/turns/take-turns.ts';
import { folderOfManifest, manifestsFor } from './detect.ts';
import { mentionsInCode } from './language/code-mentions.ts';
import { lintManifest, type ManifestReading, readManifest } from './lint-manifest.ts';
import { Modules, type ReadText } from './meaning/modules.ts';
import { ParseCache } from './text/parse.ts';
import type { ManifestText } from './text/tree.ts';
import { checkMentions } from './wrapper/code-ids.ts';
import { surroundingsOf } from './wrapper/find-manifest.ts';

/** What is wrong with a manifest's own text, as an editor shows it. */
export interface TextReport {
  readonly manifest: string;
  /** All files that it is made of. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
  /** Ids in the file that was asked about, if it is code, which the manifest does not have. */
  readonly inCode: readonly Finding[];
}

/** What was found last in a manifest, and in what. */
interface Known {
  readonly texts: readonly ManifestText[];
  /** What was around it, as JSON. */
  readonly around: string;
  readonly reading: ManifestReading | undefined;
  readonly findings: readonly Finding[];
}

/** Checks texts while they are typed: each text is parsed once, and what did not change is not checked again. */
export class TextLinter {
  private readonly cache: ParseCache;
  private readonly known = new Map<string, Known>();

  constructor(cache = new ParseCache()) {
    this.cache = cache;
  }

  /**
   * Checks the manifest that a file is, or is a part of, or that its code belongs to.
   * @param read gives unsaved text too
   * @returns undefined if there is none
   * @throws the signal's reason once somebody no longer waits for the answer
   */
  async lint(file: string, read: ReadText, signal?: AbortSignal): Promise<TextReport | undefined> {
    const heard: ReadText = async (path) => {
      await takeTurns(signal);
      return read(path);
    };
    for (const manifest of manifestsFor(file)) {
      const { reading, findings } = (await this.lintManifest(manifest, heard, signal)) ?? {};
      if (!reading || !findings) continue;
      const files = reading.modules.all().map((module) => module.file);
      return { manifest, files, findings, inCode: await this.lintCode(file, reading, heard) };
    }
    return undefined;
  }

  private async lintManifest(
    file: string,
    read: ReadText,
    signal: AbortSignal | undefined,
  ): Promise<Known | undefined> {
    const modules = await Modules.load(file, read, this.cache);
    if (!modules) {
      this.known.delete(file);
      return undefined;
    }
    const surroundings = await surroundingsOf(folderOfManifest(file), read);
    const texts = modules.all().map(({ text }) => text);
    const around = JSON.stringify(surroundings, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    const known = this.known.get(file);
    if (known?.around === around && areSame(known.texts, texts)) return known;
    await takeTurns(signal);
    const reading = readManifest(modules, surroundings);
    await takeTurns(signal);
    // What is not TypeScript, the editor's own TypeScript says.
    const findings = reading
      ? lintManifest(reading).filter(({ code }) => !(reading.usesSdk && code === 'manifest-json'))
      : [];
    const fresh = { texts, around, reading, findings };
    this.known.set(file, fresh);
    return fresh;
  }

  private async lintCode(file: string, reading: ManifestReading, read: ReadText): Promise<Finding[]> {
    if (!reading.usesSdk || !/\.ts$/i.test(file)) return [];
    const text = await read(file);
    return text === undefined ? [] : checkMentions(reading, mentionsInCode(file, text));
  }
}

function areSame(before: readonly ManifestText[], now: readonly ManifestText[]): boolean {
  return before.length === now.length && before.every((text, index) => text === now[index]);
}
