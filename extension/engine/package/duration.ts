/** Nanoseconds of each unit that durations of StartOS 0.3 are written in (s9pk-v1 section 3.16). */
const UNITS = {
  d: 86_400_000_000_000n,
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
} as const;

const DURATION = /^(\d+)(?:\.(\d+))?(d|h|ms|m|s|us|µs|ns)$/;

/**
 * A duration as it is packed: in the largest unit that divides it. What is left of a second is written in seconds with a point,
 * because devices misread whole milliseconds and microseconds.
 * @returns undefined if the text is no duration
 */
export function normalDuration(text: string): string | undefined {
  const nanoseconds = nanosecondsOf(text);
  if (nanoseconds === undefined) return undefined;
  for (const name of ['d', 'h', 'm', 's'] as const)
    if (nanoseconds % UNITS[name] === 0n) return `${nanoseconds / UNITS[name]}${name}`;
  const digits = String(nanoseconds % UNITS.s).padStart(9, '0');
  return `${nanoseconds / UNITS.s}.${digits.replace(/0+$/, '')}s`;
}

/** A duration in milliseconds, rounded down; undefined if the text is none. */
export function durationInMs(text: string): number | undefined {
  const nanoseconds = nanosecondsOf(text);
  return nanoseconds === undefined ? undefined : Number(nanoseconds / UNITS.ms);
}

function nanosecondsOf(text: string): bigint | undefined {
  const [, whole, fraction = '', unit] = DURATION.exec(text) ?? [];
  if (whole === undefined || unit === undefined) return undefined;
  return (BigInt(whole + fraction) * UNITS[unit as keyof typeof UNITS]) / 10n ** BigInt(fraction.length);
}
