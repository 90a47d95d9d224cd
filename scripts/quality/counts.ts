import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUDGET } from '../../extension/engine/budget.ts';
import { FINDING_CODES } from '../../extension/engine/finding-codes.ts';
import { count, section, table } from './markdown.ts';
import { FOLDER, partsOf } from './sources.ts';

/** A mistake that one of the commands found, and what keeps it from coming back. */
export interface Found {
  /** The command, as npm knows it. */
  readonly by: string;
  readonly what: string;
  /** The file of the test, or the folder of the corpus, that has it again. */
  readonly kept: string;
}

interface Audit {
  readonly locked: number;
  readonly hashed: number;
  readonly ships: number;
  readonly problems: number;
  readonly areSignaturesChecked: boolean;
}

/** What is written down and held by tests. */
export function countsSection(): string {
  const cases = readdirSync(join('test', 'cases'));
  const failing = cases.filter((name) => name.endsWith('_fail')).length;
  const codes = Object.keys(FINDING_CODES).length;
  const rows = [
    ['[conformance cases](conformance.md)', count(cases.length), `${failing} of them must fail`],
    ['[codes of findings](findings)', count(codes), 'a page each, which a test holds'],
    [
      '[limits](limits.md) for what strangers count',
      count(Object.keys(BUDGET).length),
      'explained, which a test holds',
    ],
    ...auditRows(),
  ];
  return section('What is written down', table(['What', 'Number:', ''], rows));
}

function auditRows(): string[][] {
  const audit = partsOf<Audit>('audit')['packages'];
  if (!audit) return [];
  const signatures = audit.areSignaturesChecked
    ? 'the signatures of the registry hold'
    : 'signatures were not checked: the registry was not reached';
  const hashes = `${count(audit.hashed)} with hashes, the others optional for other systems; ${signatures}`;
  return [
    ['packages that are locked', count(audit.locked), hashes],
    ['packages that ship, bundled', count(audit.ships), `their licences with them; ${count(audit.problems)} problems`],
  ];
}

export function foundMistakes(): readonly Found[] {
  return JSON.parse(readFileSync(join(FOLDER, 'found.json'), 'utf8')) as readonly Found[];
}

/** What all of this found in this project, and what has it again in each run. */
export function foundSection(): string {
  const rows = foundMistakes().map(({ by, what, kept }) => [`\`${by}\``, what, `[${kept}](../${kept})`]);
  return section(
    'Found and mended',
    'What these commands found here, each with what keeps it from coming back.',
    table(['By', 'What', 'Kept in'], rows),
  );
}
