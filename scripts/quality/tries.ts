import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from '../../test/faults/figures.ts';
import { LEFT_OUT_FILES, LEFT_OUT_TESTS } from '../../test/windows/left-out.ts';
import { count, section, table } from './markdown.ts';
import { machinesOf, partsOf } from './sources.ts';

const NOT_YET = 'It did not run yet.';
const CORPUS = join('test', 'fuzz', 'corpus');

const percent = (part: number, all: number): string => (all === 0 ? '-' : `${Math.floor((100 * part) / all)} %`);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function testsSection(): string {
  interface Tests {
    readonly files?: number;
    readonly passed: number;
    readonly failed: number;
    readonly skipped?: number;
  }
  const rows = (
    [
      ['unit', 'unit tests, and conformance cases through the command line'],
      ['vscode', 'in a real VS Code, and as a user'],
      ['docker', 'with a real container engine'],
    ] as const
  ).map(([name, what]) => {
    const [own] = Object.values(partsOf<Tests>(name));
    const figures = [own?.files, own?.passed, own?.failed, own?.skipped];
    return [what, ...figures.map((value) => (value === undefined ? '-' : count(value)))];
  });
  return section('Tests', table(['What', 'Files:', 'Passed:', 'Failed:', 'Skipped:'], rows));
}

export function faultsSection(): string {
  const parts = partsOf<{ figures: readonly Figure[] }>('faults');
  const rows = Object.entries(parts).flatMap(([part, { figures }]) =>
    figures.map(({ what, tried, harm, note = '' }) => [part, what, count(tried), count(harm), note]),
  );
  return section(
    'Faults',
    'Each is tried; harm is a fault that nothing reports, a crash, a hang, a package that is lost or something left behind.',
    rows.length === 0 ? NOT_YET : table(['Part', 'What', 'Tried:', 'Harm:', ''], rows),
  );
}

interface Fuzzed {
  readonly cases: number;
  readonly perSecond: number;
  readonly compared: number;
  readonly lines: number;
  readonly covered: number;
  readonly failures: number;
}

export function fuzzSection(): string {
  const parts = partsOf<Fuzzed>('fuzz');
  const all = Object.values(parts);
  const kept = new Map(readdirSync(CORPUS).map((target) => [target, readdirSync(join(CORPUS, target)).length]));
  const rows = Object.entries(parts).map(([target, own]) => [
    ...[target, count(own.cases), count(own.perSecond), own.compared === 0 ? '-' : count(own.compared)],
    ...[percent(own.covered, own.lines), count(own.failures), count(kept.get(target) ?? 0)],
  ]);
  const cases = `${count(sum(all.map(({ cases }) => cases)))} cases of ${all.length} parsers`;
  const failures = `${count(sum(all.map(({ failures }) => failures)))} failures`;
  const corpus = `${sum([...kept.values()])} inputs that once failed are kept in \`${CORPUS.replaceAll('\\', '/')}\``;
  return section(
    'Fuzzing',
    all.length === 0 ? NOT_YET : `${cases}, ${failures} (${machinesOf(parts)}). ${corpus} and tried first.`,
    all.length === 0
      ? ''
      : table(['Parser', 'Cases:', 'A second:', 'By another reader too:', 'Lines run:', 'Failures:', 'Kept:'], rows),
  );
}

export function windowsSection(): string {
  const parts = partsOf<{ isPassed: boolean; passed?: number; skipped?: number }>('windows');
  const rows = Object.entries(parts).map(([name, { isPassed, passed }]) => [
    name,
    isPassed ? 'passed' : '**failed**',
    passed === undefined ? '' : `${count(passed)} tests`,
  ]);
  const leftOut = new Map<string, string[]>();
  for (const [name, why] of [...Object.entries(LEFT_OUT_FILES), ...Object.entries(LEFT_OUT_TESTS)])
    leftOut.set(why, [...(leftOut.get(why) ?? []), name]);
  const names = (own: readonly string[]) => own.map((name) => (/^[\w/-]+$/.test(name) ? `\`${name}\`` : `“${name}”`));
  return section(
    'Windows',
    'On the Windows build of Node, under Wine.',
    rows.length === 0 ? NOT_YET : table(['What', 'Answer', ''], rows),
    'Left out there, each for a reason that a test names (`test/windows/left-out.ts`):',
    [...leftOut].map(([why, own]) => `- ${why}: ${names(own).join(', ')}`).join('\n'),
  );
}

export function mutantsSection(): string {
  const parts = partsOf<{ changes: number; noticed: number }>('mutants');
  const all = Object.values(parts);
  const [noticed, changes] = [sum(all.map((own) => own.noticed)), sum(all.map((own) => own.changes))];
  const rows = Object.entries(parts).map(([file, own]) => [
    `\`${file}\``,
    count(own.changes),
    count(own.noticed),
    percent(own.noticed, own.changes),
  ]);
  return section(
    'Mutants',
    'One thing is changed at a time in files that guard much, and their tests are run.',
    rows.length === 0 ? NOT_YET : `${count(noticed)} of ${count(changes)} changes fail a test.`,
    rows.length === 0 ? '' : table(['File', 'Changes:', 'Noticed:', 'Share:'], rows),
  );
}

type Third = { readonly first: number; readonly last: number };

export function soakSection(): string {
  const own = partsOf<{ minutes: number; rounds: number } & Record<string, Third>>('soak')['soak'];
  const title = 'Hours of work';
  if (!own) return section(title, NOT_YET);
  const { minutes, rounds, machine: _, ...figures } = own;
  const shown = (name: string, value: number) =>
    name === 'memory' ? `${(value / 2 ** 20).toFixed(0)} MiB` : count(value);
  const rows = Object.entries(figures as Record<string, Third>).map(([name, { first, last }]) => [
    name,
    shown(name, first),
    shown(name, last),
  ]);
  return section(
    title,
    `${count(rounds)} rounds in ${minutes} minutes of one VS Code: edits, packs, verifies, browses, compares, cancels. Medians:`,
    table(['Of the extension host', 'First third:', 'Last third:'], rows),
  );
}
