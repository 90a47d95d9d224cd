import { TARGETS, type Target } from '../targets.ts';
import type { Row } from './rows.ts';

/** Sizes of the columns of a terminal: the longest texts of the targets. */
const WHAT = 2 + Math.max(...TARGETS.map(({ what }) => what.length));
const PEER = Math.max(...TARGETS.map(({ peer = '' }) => peer.length));
const WIDTHS = [10, 10, 5, 10, 16];

/** All targets for a terminal, a line each, with what became of them since the run before. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.flatMap((row, index) => {
    const { target } = row;
    const title = rows[index - 1]?.target.part === target.part ? [] : ['', target.part];
    return [...title, line(`  ${target.what}`, target.peer ?? '', ...cellsOf(row))];
  });
  return [
    line('', 'peer', 'is', 'meant', 'met', 'before', 'since'),
    ...lines,
    '',
    `${summaryOf(rows)}; ${worseOf(rows)}`,
  ].join('\n');
}

/** What a row says behind its target and peer: is, meant, met, before, and what changed since; empty where nothing is known. */
export function cellsOf(row: Row): [is: string, meant: string, met: string, before: string, since: string] {
  const { target, reading, before } = row;
  const { bound } = target;
  return [
    reading ? figure(reading.value, target) : '',
    'most' in bound ? `≤ ${figure(bound.most, target)}` : `≥ ${figure(bound.least, target)}`,
    metOf(row),
    before ? figure(before.value, target) : '',
    changeOf(row),
  ];
}

export function summaryOf(rows: readonly Row[]): string {
  const count = (isCounted: (row: Row) => boolean) => rows.filter(isCounted).length;
  const met = `${count(({ isMet }) => isMet === true)} met, ${count(({ isMet }) => isMet === false)} not met`;
  return `${rows.length} targets: ${met}, ${count(({ reading }) => reading === undefined)} not measured`;
}

function worseOf(rows: readonly Row[]): string {
  const worse = rows.filter(({ change }) => change === 'worse').length;
  return `${worse} worse than before by more than noise`;
}

function metOf({ isMet }: Row): string {
  if (isMet === undefined) return '';
  return isMet ? 'yes' : 'NO';
}

function changeOf({ target, factor, change }: Row): string {
  if (change === undefined || factor === undefined) return '';
  const times = target.unit === 'exponent' ? '' : `${factor.toFixed(2)} × `;
  return change === 'same' ? `${times}same` : `${times}${change.toUpperCase()}`;
}

/** A figure with its unit, in as many digits as it is worth. */
function figure(value: number, { unit }: Target): string {
  if (unit === 'exponent') return value.toFixed(2).replace(/^-(?=0\.00$)/, '');
  const number = Number(value.toFixed(digitsOf(Math.abs(value))));
  if (unit === 'parses') return String(number);
  return `${number} ${unit === 'x' ? '×' : unit}`;
}

function digitsOf(value: number): number {
  if (value < 10) return 2;
  return value < 100 ? 1 : 0;
}

function line(what: string, peer: string, ...more: readonly string[]): string {
  const cells = more.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0));
  return `${what.padEnd(WHAT)}  ${peer.padEnd(PEER)}${cells.join('')}`.trimEnd();
}
