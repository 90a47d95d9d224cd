/**
 * Versions of StartOS packages ("ExVer"): an upstream version, the wrapper's own downstream version and perhaps a
 * flavor, as in `#knots:27.1:2-beta.1` (s9pk-v2 section 5.4). Parsing accepts what the reference accepts.
 */

export interface Version {
  /** Any count of unsigned 64-bit numbers; missing ones count as 0 in comparisons. */
  readonly numbers: readonly bigint[];
  readonly prerelease: readonly (bigint | string)[];
}

export interface ExtendedVersion {
  /** Absent: no flavor. The empty string is a flavor of its own, as in the reference. */
  readonly flavor?: string;
  readonly upstream: Version;
  readonly downstream: Version;
}

/** Why a version or a range cannot be parsed. */
export class VersionError extends Error {
  override readonly name = 'VersionError';
}

const U64_MAX = (1n << 64n) - 1n;

/** @throws VersionError */
export function parseVersion(text: string): Version {
  const dash = text.indexOf('-');
  const numbers = (dash < 0 ? text : text.slice(0, dash)).split('.').map(parseNumber);
  const prerelease =
    dash < 0
      ? []
      : text
          .slice(dash + 1)
          .split('.')
          .map(parsePrereleaseSegment);
  return { numbers, prerelease };
}

/** Parses a version with its mandatory downstream part. @throws VersionError */
export function parseExtendedVersion(text: string): ExtendedVersion {
  const { flavor, rest } = splitFlavor(text);
  const colon = rest.indexOf(':');
  if (colon < 0) {
    throw new VersionError(`"${text}" lacks the wrapper's own version after a colon; write for example "${rest}:0"`);
  }
  return {
    ...(flavor !== undefined && { flavor }),
    upstream: parseVersion(rest.slice(0, colon)),
    downstream: parseVersion(rest.slice(colon + 1)),
  };
}

function splitFlavor(text: string): { flavor?: string; rest: string } {
  const colon = text.indexOf(':');
  if (!text.startsWith('#') || colon < 0) return { rest: text };
  const flavor = text.slice(1, colon);
  if (!/^[a-z]*$/.test(flavor)) throw new VersionError(`the flavor "${flavor}" may hold lower-case letters only`);
  return { flavor, rest: text.slice(colon + 1) };
}

function parseNumber(text: string): bigint {
  if (!/^\+?[0-9]+$/.test(text)) throw new VersionError(`"${text}" is not a number of a version`);
  const value = BigInt(text.replace('+', ''));
  if (value > U64_MAX) throw new VersionError(`${text} is too large for a version`);
  return value;
}

function parsePrereleaseSegment(text: string): bigint | string {
  if (text === '') throw new VersionError('a prerelease may not have empty parts');
  if (!/^[0-9A-Za-z-]+$/.test(text)) throw new VersionError(`"${text}" is not a prerelease (letters, digits and "-")`);
  if (!/^[0-9]+$/.test(text)) return text;
  if (text.length > 1 && text.startsWith('0'))
    throw new VersionError(`the prerelease number ${text} may not start with 0`);
  return parseNumber(text);
}

export function printVersion(version: Version): string {
  const prerelease = version.prerelease.length > 0 ? `-${version.prerelease.join('.')}` : '';
  return version.numbers.join('.') + prerelease;
}

export function printExtendedVersion({ flavor, upstream, downstream }: ExtendedVersion): string {
  return `${flavor === undefined ? '' : `#${flavor}:`}${printVersion(upstream)}:${printVersion(downstream)}`;
}

/** Negative, zero or positive, as for sorting. A release comes after its prereleases. */
export function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < Math.max(a.numbers.length, b.numbers.length); index++) {
    const difference = compareBigints(a.numbers[index] ?? 0n, b.numbers[index] ?? 0n);
    if (difference !== 0) return difference;
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length;
  for (const [index, left] of a.prerelease.entries()) {
    const right = b.prerelease[index];
    if (right === undefined) return 1;
    const difference = compareSegments(left, right);
    if (difference !== 0) return difference;
  }
  return a.prerelease.length - b.prerelease.length;
}

/** The order of sets of versions: flavored ones first, flavors alphabetically, then upstream, then downstream. */
export function compareForSets(a: ExtendedVersion, b: ExtendedVersion): number {
  if (a.flavor !== b.flavor) {
    if (a.flavor === undefined) return 1;
    if (b.flavor === undefined) return -1;
    return a.flavor < b.flavor ? -1 : 1;
  }
  return compareVersions(a.upstream, b.upstream) || compareVersions(a.downstream, b.downstream);
}

function compareSegments(a: bigint | string, b: bigint | string): number {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? compareBigints(a, b) : -1;
  if (typeof b === 'bigint') return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Why upstream's TypeScript parser would not read a version that its Rust parser does; undefined if both read it. */
export function portabilityProblem(version: Version): string | undefined {
  const mixed = version.prerelease.find((part) => typeof part === 'string' && !/^[A-Za-z]+$/.test(part));
  if (mixed === undefined) return undefined;
  return `the prerelease part "${mixed}" mixes letters and digits; the SDK cannot read that, so separate them with a dot`;
}
