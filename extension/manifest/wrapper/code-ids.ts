import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUDGET } from '../../engine/budget.ts';
import { type Finding, finding } from '../../engine/finding.ts';
import { positionOf } from '../../engine/line-table.ts';
import { suggest } from '../../engine/package/suggest.ts';
import { mentionsInCode } from '../language/code-mentions.ts';
import type { EntityMention } from '../language/entities.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { child, type DataNode, keysOf, stringOf } from '../meaning/data-tree.ts';
import type { ReadText } from '../meaning/modules.ts';

/** What a manifest declares of a kind; undefined if not all of it can be seen. */
function declared(root: DataNode, kind: EntityMention['kind']): readonly string[] | undefined {
  if (kind === 'volume') {
    const volumes = child(root, 'volumes');
    if (volumes?.kind !== 'array' || volumes.isOpen) return undefined;
    const ids = volumes.items.map(stringOf);
    return ids.every((id) => id !== undefined) ? (ids as string[]) : undefined;
  }
  const map = child(root, kind === 'image' ? 'images' : 'dependencies');
  return map?.kind === 'object' && !map.isOpen ? keysOf(map) : undefined;
}

const WORDS = { image: 'image', volume: 'volume', dependency: 'dependency' } as const;

/** Ids in a wrapper's code that its manifest does not declare: they fail on the device, when the service starts. */
export function checkMentions(reading: ManifestReading, mentions: readonly EntityMention[]): Finding[] {
  const root = dataOf(reading);
  return mentions.flatMap(({ kind, id, file, span, text }) => {
    if (kind !== 'image' && kind !== 'volume' && kind !== 'dependency') return [];
    // Another environment may declare what the empty one does not.
    const all = reading.worlds.map(({ manifest }) => declared(manifest, kind));
    if (all.some((ids) => ids === undefined || ids.includes(id)) || declared(root, kind) === undefined) return [];
    const ids = [...new Set(all.flatMap((list) => list ?? []))];
    const near = suggest(id, ids);
    const hint = near === undefined ? `; it has ${ids.slice(0, 8).join(', ') || 'none'}` : `; did you mean "${near}"?`;
    const message = `the manifest has no ${WORDS[kind]} "${id}"${hint}`;
    const [from, to] = [positionOf(text, span.start), positionOf(text, span.end)];
    const where = { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
    return [finding('code-id-unknown', message, where)];
  });
}

/** The same for all of a wrapper's TypeScript. */
export async function checkCode(folder: string, reading: ManifestReading, read: ReadText): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const file of await codeFilesIn(folder)) {
    const text = await read(file);
    if (text !== undefined) findings.push(...checkMentions(reading, mentionsInCode(file, text)));
  }
  return findings;
}

/** The TypeScript below `startos/` of a wrapper's folder, as much as the budget allows. */
export async function codeFilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(folder, 'startos'), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .slice(0, BUDGET.codeFiles)
    .map((entry) => join(entry.parentPath, entry.name));
}
