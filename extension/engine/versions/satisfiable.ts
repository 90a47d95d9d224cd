import { compareVersions, type ExtendedVersion, type Version } from './exver.ts';
import type { VersionRange } from './exver-range.ts';

/** Whether a version is in a range, by the reference's rules (s9pk-v2 section 5.5). */
export function satisfies(version: ExtendedVersion, range: VersionRange): boolean {
  switch (range.kind) {
    case 'any':
      return true;
    case 'none':
      return false;
    case 'and':
      return satisfies(version, range.left) && satisfies(version, range.right);
    case 'or':
      return satisfies(version, range.left) || satisfies(version, range.right);
    case 'not':
      return !satisfies(version, range.operand);
    case 'flavor':
      return (version.flavor ?? '') === range.flavor;
    case 'anchor':
      return meets(version, range.operator, range.version);
  }
}

function meets(version: ExtendedVersion, operator: string, anchor: ExtendedVersion): boolean {
  if ((version.flavor ?? '') !== (anchor.flavor ?? '')) return operator === '!=';
  const order =
    compareVersions(version.upstream, anchor.upstream) || compareVersions(version.downstream, anchor.downstream);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '=':
      return order === 0;
    default:
      return order !== 0;
  }
}

/**
 * Whether any version is in a range. What is in it changes only at the versions that it names, so those are tried, and one
 * behind each, in every flavor that it names and in one that it does not.
 */
export function isSatisfiable(range: VersionRange): boolean {
  const anchors: ExtendedVersion[] = [];
  const flavors = new Set(['', 'z'.repeat(20)]);
  const visit = (part: VersionRange): void => {
    if (part.kind === 'and' || part.kind === 'or') {
      visit(part.left);
      visit(part.right);
    } else if (part.kind === 'not') visit(part.operand);
    else if (part.kind === 'flavor') flavors.add(part.flavor);
    else if (part.kind === 'anchor') {
      anchors.push(part.version);
      flavors.add(part.version.flavor ?? '');
    }
  };
  visit(range);
  let steps = 0;
  for (const flavor of flavors) {
    const own = anchors.filter((version) => (version.flavor ?? '') === flavor).flatMap(around);
    for (const version of [LEAST, ...own]) {
      // Longer ranges than anybody writes are taken on trust.
      steps += anchors.length;
      if (steps > MAX_STEPS || satisfies({ ...version, flavor }, range)) return true;
    }
  }
  return false;
}

const MAX_STEPS = 100_000;

/** Before every version that anybody writes. */
const LEAST: ExtendedVersion = {
  upstream: { numbers: [0n], prerelease: [0n] },
  downstream: { numbers: [0n], prerelease: [0n] },
};
/** More parts than versions have, so that what is put behind them is nearer than anything that is written. */
const MANY = 20;

/** A version, and those right behind it: nothing that is written lies between. */
function around({ upstream, downstream }: ExtendedVersion): ExtendedVersion[] {
  return [
    { upstream, downstream },
    { upstream, downstream: behind(downstream) },
  ];
}

function behind({ numbers, prerelease }: Version): Version {
  if (prerelease.length > 0) return { numbers, prerelease: [...prerelease, 0n] };
  const zeros = Array.from({ length: MANY }, () => 0n);
  return { numbers: [...numbers, ...zeros, 1n], prerelease };
}
