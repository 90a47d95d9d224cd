import { parseEmver, parseEmverRange } from '../../../engine/versions/emver.ts';
import { call, object, print, quote } from '../code.ts';
import { SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { entriesAt, textAt } from '../read.ts';
import { sourcesOf } from '../scripts.ts';

/**
 * `startos/versions`: the version after the one for 0.3, so that what a server made of that one is migrated to it. A server
 * that moves from 0.3 to 0.4 has a.b.c.d as a.b.c:d.
 */
export function writeVersions(draft: Draft): { old: string; now: string } {
  const file = draft.file('startos/versions/current.ts');
  const notes = (textAt(draft.manifest, 'release-notes') ?? '').trim();
  const ranges = [...entriesAt(draft.manifest, 'migrations', 'from'), ...entriesAt(draft.manifest, 'migrations', 'to')];
  const old = textAt(draft.manifest, 'version') ?? '1.0.0';
  const up = ['async () => {', ...(ranges.length > 0 ? [`  ${migrationMark(draft, old)}`] : []), '}'];
  const fields = object({
    version: quote(nextVersion(old)),
    releaseNotes: object({ en_US: quote(`Rebuilt for StartOS 0.4.${notes === '' ? '' : `\n\n${notes}`}`) }),
    migrations: object({
      up: ranges.length > 0 ? up.join('\n') : 'async () => {}',
      down: file.use('IMPOSSIBLE', SDK),
    }),
  });
  file.add([
    '/**',
    ` * The package for StartOS 0.3 was ${printable(old)}. Its volumes keep their names and what is in them, so nothing has to be moved.`,
    ' */',
    `export const current = ${print(call(`${file.use('VersionInfo', SDK)}.of`, fields))};`,
  ]);
  const graph = draft.file('startos/versions/index.ts');
  const parts = object({ current: graph.use('current', 'startos/versions/current'), other: '[]' });
  graph.add([
    '/** Older versions go into `other`, so that data of theirs can be migrated. */',
    `export const versions = ${print(call(`${graph.use('VersionGraph', SDK)}.of`, parts))};`,
  ]);
  return { old, now: nextVersion(old) };
}

function migrationMark(draft: Draft, old: string): string {
  const sources = sourcesOf(draft, /\bmigration\b/);
  const where = sources.length > 0 ? ` (${sources.join(', ')})` : '';
  return mark(
    'migrate-version',
    `what migrated data between versions for 0.3${where} is not run any more; do here what installations older than ${old} still need`,
  );
}

/** The first version of a wrapper for 0.4: a.b.c.d of 0.3 is followed by a.b.c:d+1. */
export function nextVersion(old: string): string {
  const [a, b, c, d] = numbersOf(old);
  return `${a}.${b}.${c}:${d + 1n}`;
}

function numbersOf(version: string): [bigint, bigint, bigint, bigint] {
  try {
    const [a = 0n, b = 0n, c = 0n, d = 0n] = parseEmver(version).numbers;
    return [a, b, c, d];
  } catch {
    return [1n, 0n, 0n, 0n];
  }
}

/** A range of 0.3 as 0.4 writes it: each a.b.c.d as a.b.c:d. What is none is any version. */
export function newRange(old: string): string {
  try {
    return parseEmverRange(old).normal.replace(
      /(\d+\.\d+\.\d+)(?:\.(\d+))?/g,
      (_, upstream: string, downstream = '0') => `${upstream}:${downstream}`,
    );
  } catch {
    return '*';
  }
}

const printable = (version: string) => version.replace(/[^\d.]/g, '');
