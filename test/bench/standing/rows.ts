import type { Machine, Parts } from '../../support/results.ts';
import type { Measurements } from '../compare.ts';
import { TARGETS, type Target } from '../targets.ts';
import { medianOf, type Reading } from './readings.ts';
import { YARDSTICK } from './yardstick.ts';

/** What was measured, by part. */
export type BenchParts = Parts<Measurements>;

/** A target, what was measured of it, and what became of it since another run. */
export interface Row {
  readonly target: Target;
  readonly reading?: Reading;
  readonly isMet?: boolean;
  /** Of the run before, if it was measured there; times are what they were on that machine. */
  readonly before?: Reading;
  /** Times as much of it as before: more than the noise of both runs makes it `worse` or `better`. */
  readonly factor?: number;
  readonly change?: 'same' | 'worse' | 'better';
}

/** Differences below this share are never more than noise. */
const SHARE = 0.1;
/** Standard errors that are no noise any more. */
const ERRORS = 3;
/** Exponents are near 0 where nothing grows, so their differences count, not their shares. */
const EXPONENTS = 0.15;

/** All targets with what these results say of them, compared with those of another run, ratio with ratio. */
export function rowsOf(now: BenchParts, before: BenchParts = {}): Row[] {
  return TARGETS.map((target) => {
    const [own, others] = [now[target.part], before[target.part]];
    const [reading, earlier] = [own && target.read(own), others && target.read(others)];
    if (!reading) return { target, ...(earlier && { before: earlier }) };
    const judged = own && others && earlier && compared(target, [own, reading], [others, earlier]);
    return { target, reading, isMet: isMet(target, reading.value), ...(earlier && { before: earlier }), ...judged };
  });
}

function isMet({ bound }: Target, value: number): boolean {
  return 'most' in bound ? value <= bound.most : value >= bound.least;
}

type Run = readonly [of: Measurements, reading: Reading];

function compared(target: Target, now: Run, before: Run): Pick<Row, 'factor' | 'change'> | undefined {
  const [a, b] = [comparable(target, now), comparable(target, before)];
  if (!a || !b) return undefined;
  const noise = ERRORS * Math.hypot(a.noise, b.noise);
  const least = target.unit === 'exponent' ? EXPONENTS : SHARE * Math.abs(b.value);
  const difference = a.value - b.value;
  const factor = a.value / b.value;
  if (Math.abs(difference) <= Math.max(noise, least)) return { factor, change: 'same' };
  const isMore = difference > 0;
  return { factor, change: isMore === 'most' in target.bound ? 'worse' : 'better' };
}

/** Times as multiples of what the yardstick took on that machine in that run; everything else as it is. */
function comparable({ unit }: Target, [measurements, reading]: Run): Reading | undefined {
  if (unit !== 's' && unit !== 'ms') return reading;
  const yardstick = medianOf(YARDSTICK)(measurements);
  if (!yardstick) return undefined;
  const value = reading.value / yardstick.value;
  const shares = Math.hypot(reading.noise / reading.value, yardstick.noise / yardstick.value);
  return { value, noise: value * shares };
}

/** Parts that were measured on machines with another processor, or another number of cores. */
export function otherMachines(now: BenchParts, before: BenchParts): { part: string; now: Machine; before: Machine }[] {
  return Object.entries(now).flatMap(([part, { machine }]) => {
    const earlier = before[part]?.machine;
    const isOther = earlier && (earlier.cores !== machine.cores || earlier.processor !== machine.processor);
    return isOther ? [{ part, now: machine, before: earlier }] : [];
  });
}
