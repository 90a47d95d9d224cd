import { newVersionOf } from '../../../engine/convert/legacy-names.ts';
import { parseEmverRange } from '../../../engine/versions/emver.ts';
import { type ExtendedVersion, printExtendedVersion, VersionError } from '../../../engine/versions/exver.ts';
import { call, object, print, quote } from '../code.ts';
import { SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { entriesAt, textAt } from '../read.ts';
import { sourcesOf } from '../scripts.ts';

/** What a package is taken for that does not say its version. */
const UNKNOWN = '1.0.0';

/**
 * `startos/versions`: the version after the one for 0.3, so that what a server made of that one is migrated to it. A server
 * that moves from 0.3 to 0.4 has a.b.c.d as a.b.c:d, and some packages with a flavor or a prerelease.
 */
export function writeVersions(draft: Draft): { old: string; now: string } {
  const file = draft.file('startos/versions/current.ts');
  const notes = (textAt(draft.manifest, 'release-notes') ?? '').trim();
  const ranges = [...entriesAt(draft.manifest, 'migrations', 'from'), ...entriesAt(draft.manifest, 'migrations', 'to')];
  const old = textAt(draft.manifest, 'version') ?? UNKNOWN;
  const now = nextVersion({ id: draft.oldId, title: draft.title, version: old });
  const up = ['async () => {', ...(ranges.length > 0 ? [`  ${migrationMark(draft, old)}`] : []), '}'];
  const fields = object({
    version: quote(now),
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
  return { old, now };
}

function migrationMark(draft: Draft, old: string): string {
  const sources = sourcesOf(draft, /\bmigration\b/);
  const where = sources.length > 0 ? ` (${sources.join(', ')})` : '';
  return mark(
    'migrate-version',
    `what migrated data between versions for 0.3${where} is not run any more; do here what installations older than ${old} still need`,
  );
}

/** What is named by its id, title and version. */
type Named = Parameters<typeof newVersionOf>[0];

/** The first version of a wrapper for 0.4, one after what servers make of the old package: a.b.c.d is followed by a.b.c:d+1. */
export function nextVersion(old: Named): string {
  const { downstream, ...others } = convertedVersion(old);
  const [first = 0n, ...rest] = downstream.numbers;
  return printExtendedVersion({ ...others, downstream: { ...downstream, numbers: [first + 1n, ...rest] } });
}

function convertedVersion(old: Named): ExtendedVersion {
  try {
    return newVersionOf(old);
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    return newVersionOf({ ...old, version: UNKNOWN });
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
