import type { Finding, Place } from '../../engine/finding.ts';
import type { FindingCode } from '../../engine/finding-codes.ts';
import { pointerSegments } from '../../engine/json/json-pointer.ts';
import { LineTable } from '../../engine/line-table.ts';
import type { ManifestText, Span } from '../text/tree.ts';
import { type DataNode, stepInto } from './data-tree.ts';
import { type Module, Modules, type ReadText } from './modules.ts';
import { evaluateManifest, type World } from './worlds.ts';

/** Keys of the manifest that the SDK takes from the current version. */
export const VERSION_KEYS = ['version', 'releaseNotes', 'satisfies'];

/** Findings that are about a key, not about its value. */
const ABOUT_KEYS: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'manifest-unknown-key',
  'manifest-key-misspelt',
  'manifest-key-later',
  'manifest-key-former',
  'manifest-kept',
  'manifest-duplicate-key',
  'manifest-ignored',
  'manifest-volume-unknown',
  'manifest-port',
  'manifest-backup-mount',
]);

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
  // Where something is only helps: a text that cannot be read now takes nothing from what was found.
  const modules = await Modules.load(manifestFile, (path) => readText(path).catch(() => undefined));
  const worlds = modules ? evaluateManifest(modules) : [];
  return findings.map((found) => {
    const { path, line, file } = found.where;
    const isPointer = path !== undefined && (path === '' || path.startsWith('/'));
    const isElsewhere = file !== undefined && file !== manifestFile;
    if (line !== undefined || isElsewhere || !isPointer) return found;
    return {
      ...found,
      where: { path, ...(placeIn(worlds, path, isAboutKey(found)) ?? { file: manifestFile }) },
    };
  });
}

/** Whether a finding is about the key that its pointer ends in: ids are keys in some places and values in others. */
function isAboutKey({ code, message, where }: Finding): boolean {
  if (code !== 'manifest-id') return ABOUT_KEYS.has(code);
  return message.startsWith(`"${pointerSegments(where.path ?? '').at(-1)}" `);
}

/** Places a finding in the world that it was found in. */
export function placeFinding(found: Finding, world: World): Finding {
  const path = found.where.path ?? '';
  const { place } = locate(world, path, isAboutKey(found));
  return { ...found, where: { path, ...place } };
}

/** The place in the first world that has what the pointer leads to; else the nearest in the first world. */
function placeIn(worlds: readonly World[], pointer: string, wantsKey: boolean): Place | undefined {
  let nearest: Place | undefined;
  for (const world of worlds) {
    const { place, isExact } = locate(world, pointer, wantsKey);
    if (isExact) return place;
    nearest ??= place;
  }
  return nearest;
}

function locate(world: World, pointer: string, wantsKey: boolean): { place: Place; isExact: boolean } {
  const segments = pointerSegments(pointer);
  // A key that is wrong itself stands in the manifest; what the SDK takes from the version is about values.
  const isOfVersion = !wantsKey && VERSION_KEYS.includes(segments[0] ?? '');
  let node: DataNode = (isOfVersion && world.version) || world.manifest;
  let place = toPlace(node.module, { start: node.start, end: Math.min(node.end, node.start + 1) });
  for (const segment of segments) {
    const { node: next, property } = stepInto(node, segment);
    if (!next) return { place, isExact: false };
    // A large value is named by its key; a small one is underlined itself.
    const isLarge = next.kind === 'object' || next.kind === 'array';
    const isEmpty = next.end <= next.start;
    // A key that is a constant elsewhere says nothing of what it is the key of.
    const isElsewhere = property?.keyIsText === 'elsewhere' && !wantsKey;
    place =
      property && !isElsewhere && (wantsKey || isLarge || isEmpty)
        ? toPlace(property.module, property.keySpan)
        : toPlace(next.module, isElsewhere && isLarge ? { start: next.start, end: next.start + 1 } : next);
    node = next;
  }
  return { place, isExact: true };
}

const lineTables = new WeakMap<ManifestText, LineTable>();

/** A span of a file as lines and columns. */
export function toPlace({ file, text }: Module, { start, end }: Span): Place {
  const table = lineTables.get(text) ?? new LineTable(text.text);
  lineTables.set(text, table);
  const from = table.position(start);
  const to = table.position(end);
  return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}
