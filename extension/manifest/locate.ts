import { dirname, join } from 'node:path';
import type { Finding, Place } from '../engine/finding.ts';
import { positionOf } from '../engine/package/json.ts';
import { parseJsonText } from './json-front.ts';
import { type ManifestText, pointerSegments, property, type Span, type TextNode } from './tree.ts';
import { parseTypeScriptText } from './typescript-front.ts';
import { parseYamlText } from './yaml-front.ts';

/** Reads a text file; undefined if it is not there. In an editor this gives unsaved text too. */
export type ReadText = (file: string) => Promise<string | undefined>;

/** Keys of the manifest that the SDK takes from the current version. */
const VERSION_KEYS = ['version', 'releaseNotes', 'satisfies'];

/** Modules followed from one to the next before it counts as a loop. */
const MAX_HOPS = 8;

/**
 * Gives findings about a manifest their place in the text that a person edits. Findings that have a line already, or
 * whose path is not a JSON pointer, stay as they are. A pointer to what the text does not have (a missing key, a value
 * the SDK fills in) is placed at the nearest thing above it.
 */
export async function locateFindings(
  findings: readonly Finding[],
  manifestFile: string,
  readText: ReadText,
): Promise<Finding[]> {
  const locator = new Locator(readText);
  return Promise.all(
    findings.map(async (found) => {
      const { path, line, file } = found.where;
      const isPointer = path !== undefined && (path === '' || path.startsWith('/'));
      const isElsewhere = file !== undefined && file !== manifestFile;
      if (line !== undefined || isElsewhere || !isPointer) return found;
      const wantsKey = found.code === 'manifest-unknown-key' || found.code === 'manifest-duplicate-key';
      return { ...found, where: { path, ...(await locator.locate(manifestFile, path, wantsKey)) } };
    }),
  );
}

class Locator {
  private readonly texts = new Map<string, Promise<ManifestText | undefined>>();
  private readonly readText: ReadText;

  constructor(readText: ReadText) {
    this.readText = readText;
  }

  async locate(file: string, pointer: string, wantsKey: boolean): Promise<Place> {
    const start = await this.parse(file);
    if (!start?.root) return { file };
    const isOfVersion = VERSION_KEYS.includes(pointerSegments(pointer)[0] ?? '');
    let at: Found = (isOfVersion && (await this.currentVersion(file))) || { file, text: start, node: start.root };
    let span: Span = { start: at.node.start, end: Math.min(at.node.end, at.node.start + 1) };
    let place = toPlace(at, span);
    for (const segment of pointerSegments(pointer)) {
      at = (await this.resolve(at)) ?? at;
      const found = property(at.node, segment);
      const node = found?.value ?? (at.node.kind === 'array' ? at.node.items[Number(segment)] : undefined);
      if (!node) return place;
      at = { ...at, node };
      // A large value is named by its key; a small one is underlined itself.
      const isLarge = node.kind === 'object' || node.kind === 'array';
      span = found && (wantsKey || isLarge) ? found.keySpan : node;
      place = toPlace(at, span);
    }
    return place;
  }

  /** The object that says what the current version is: `VersionInfo.of` as `current` of the version graph. */
  private async currentVersion(manifestFile: string): Promise<Found | undefined> {
    for (const folder of ['../versions', './versions', '../install/versions', './install/versions']) {
      for (const name of ['index.ts', 'versionGraph.ts']) {
        const file = join(dirname(manifestFile), folder, name);
        const text = await this.parse(file);
        for (const node of text?.declarations.values() ?? []) {
          const current = property(node, 'current')?.value;
          const found = text && current && (await this.resolve({ file, text, node: current }));
          if (found) return found;
        }
      }
    }
    return undefined;
  }

  /** What a name stands for, in its own module or in those it is imported from; undefined if that cannot be seen. */
  private async resolve(from: Found): Promise<Found | undefined> {
    let at = from;
    for (let hops = 0; hops < MAX_HOPS; hops++) {
      if (at.node.kind !== 'reference') return at;
      const { name } = at.node;
      const declared = at.text.declarations.get(name);
      const imported = at.text.imports.get(name);
      if (declared) at = { ...at, node: declared };
      else if (imported) {
        const target = await this.resolveImport(at.file, imported.from);
        const node = target?.text.declarations.get(imported.name);
        if (!target || !node) return undefined;
        at = { ...target, node };
      } else return undefined;
    }
    return undefined;
  }

  private async resolveImport(file: string, from: string): Promise<{ file: string; text: ManifestText } | undefined> {
    if (!from.startsWith('.')) return undefined;
    const base = join(dirname(file), from.replace(/\.js$/, ''));
    for (const candidate of [`${base}.ts`, join(base, 'index.ts'), base]) {
      const text = await this.parse(candidate);
      if (text) return { file: candidate, text };
    }
    return undefined;
  }

  private parse(file: string): Promise<ManifestText | undefined> {
    const known = this.texts.get(file);
    if (known) return known;
    const parsing = this.readText(file).then((text) =>
      text === undefined ? undefined : parseManifestText(file, text),
    );
    this.texts.set(file, parsing);
    return parsing;
  }
}

interface Found {
  readonly file: string;
  readonly text: ManifestText;
  readonly node: TextNode;
}

/** Parses a manifest by its file's extension. */
export function parseManifestText(file: string, text: string): ManifestText {
  if (/\.json$/i.test(file)) return parseJsonText(text);
  return /\.ya?ml$/i.test(file) ? parseYamlText(text) : parseTypeScriptText(text);
}

function toPlace({ file, text }: Found, span: Span): Place {
  const start = positionOf(text.text, span.start);
  const end = positionOf(text.text, span.end);
  return { file, line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}
