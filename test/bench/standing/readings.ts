import type { Measurements } from '../compare.ts';
import { median } from '../median.ts';
import { exponentOf } from '../scale/exponent.ts';

/** A figure of a run, and how far another run of the same may be from it. */
export interface Reading {
  readonly value: number;
  /** Standard error of the median, in the unit of the value; 0 where it is not known, as of what was measured once. */
  readonly noise: number;
}

/** Takes a figure out of what was measured; undefined where it was not, or too short to be told from nothing. */
export type Read = (from: Measurements) => Reading | undefined;

type Time = 'seconds' | 'processorSeconds';

/** How many times as long as `below` takes `above`, both of the comparison whose name begins with `what`. */
export function ratio(what: string, above: string, below: string, time: Time = 'seconds'): Read {
  return (from) => {
    const [over, under] = [contender(from, what, above), contender(from, what, below)];
    if (!over || !under) return undefined;
    const [overEach, underEach] = [over.each?.[time] ?? [], under.each?.[time] ?? []];
    const each = overEach.map((own, round) => own / (underEach[round] ?? Number.NaN));
    return finite({ value: over[time] / under[time], noise: noiseOf(each) });
  };
}

export function secondsOf(what: string, name: string): Read {
  return (from) => {
    const found = contender(from, what, name);
    return found && finite({ value: found.seconds, noise: noiseOf(found.each?.seconds ?? []) });
  };
}

/** How many seconds `name` takes longer than `floor`, which is a part of it that is not ours. */
export function secondsAbove(what: string, name: string, floor: string): Read {
  return (from) => {
    const [over, under] = [contender(from, what, name), contender(from, what, floor)];
    if (!over || !under) return undefined;
    const each = (over.each?.seconds ?? []).map((own, round) => own - (under.each?.seconds?.[round] ?? Number.NaN));
    return finite({ value: over.seconds - under.seconds, noise: noiseOf(each) });
  };
}

/** A figure that was noted, as so many of a unit. */
export function noteOf(name: string, unit = 1): Read {
  return ({ noted }) => {
    const value = noted[name];
    return typeof value === 'number' ? finite({ value: value / unit, noise: 0 }) : undefined;
  };
}

export function ratioOfNotes(above: string, below: string): Read {
  return ({ noted }) => finite({ value: Number(noted[above]) / Number(noted[below]), noise: 0 });
}

/** The median of what was sampled. */
export function medianOf(name: string): Read {
  return ({ sampled }) => {
    const values = sampled[name];
    return values && finite({ value: median(values), noise: noiseOf(values) });
  };
}

interface ScalePoint {
  readonly size: number;
  /** Seconds of processors. */
  readonly processor: number;
  /** Bytes above base. */
  readonly memory: number;
}

/** The exponent that fits the points of a series from a size on, by processor time. */
export function exponentOfPoints(series: string, smallest: number): Read {
  return (from) => {
    const points = pointsOf(from, series).filter(({ size }) => size >= smallest);
    const value = exponentOf(points.map(({ size, processor }) => ({ size, cost: processor })));
    return points.length < 2 ? undefined : finite({ value, noise: 0 });
  };
}

export function mostMemoryOfPoints(series: string, unit: number): Read {
  return (from) => finite({ value: Math.max(...pointsOf(from, series).map(({ memory }) => memory)) / unit, noise: 0 });
}

function pointsOf({ noted }: Measurements, series: string): readonly ScalePoint[] {
  const points = noted[`${series}, points`];
  return typeof points === 'string' ? (JSON.parse(points) as readonly ScalePoint[]) : [];
}

function contender({ measured }: Measurements, what: string, name: string) {
  const found = measured.find((one) => one.what.startsWith(what));
  return found?.contenders.find((one) => one.name.startsWith(name));
}

function finite(reading: Reading): Reading | undefined {
  return Number.isFinite(reading.value) ? reading : undefined;
}

/** Fewer values than these say too little of their deviations: there it is told from how far they reach. */
const FEW = 5;
/** How far the values of a normal distribution reach, in deviations, where there are three of them. */
const REACH = 1.7;

/** The standard error of the median of values that are spread as these: by their median absolute deviation, if they are many. */
export function noiseOf(values: readonly number[]): number {
  const known = values.filter(Number.isFinite);
  if (known.length < 2) return 0;
  const middle = median(known);
  const deviation =
    known.length < FEW
      ? (Math.max(...known) - Math.min(...known)) / REACH
      : 1.4826 * median(known.map((value) => Math.abs(value - middle)));
  return (1.2533 * deviation) / Math.sqrt(known.length);
}
