import { parseEmver } from '../versions/emver.ts';
import type { ExtendedVersion, Version } from '../versions/exver.ts';

/**
 * Names and versions that packages for StartOS 0.3 have once they are converted. Servers rename the same when they convert by
 * themselves, so these are the reference's, package for package (s9pk-v1 section 8; `cryptpad` came to it later).
 */

/** Ids that other packages have in StartOS 0.4, or had before. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ['nostr', 'nostr-rs-relay'],
  ['ghost', 'ghost-legacy'],
  ['synapse', 'synapse-legacy'],
  ['monerod', 'monerod-legacy'],
  ['cryptpad', 'cryptpad-legacy'],
  ['fedimintd', 'fedimint-guardian'],
]);

/** Packages whose upstream versions of 0.3 were prereleases of those in 0.4. */
const PRERELEASES: ReadonlyMap<string, string> = new Map([
  ['lnd', 'beta'],
  ['ride-the-lightning', 'beta'],
  ['datum', 'beta'],
  ['lightning-terminal', 'alpha'],
  ['robosats', 'alpha'],
]);

export function newIdOf(id: string): string {
  return RENAMED.get(id) ?? id;
}

/** Tells a converted package from the one that is written for StartOS 0.4. */
export function newTitleOf(title: string): string {
  return `${title} (Legacy)`;
}

/**
 * A version of 0.3 (`1.2.3.4`) as one of 0.4 (`1.2.3:4`): the fourth number counted the wrapper's own versions.
 * @throws VersionError if it is none
 */
export function inNewForm(version: string): ExtendedVersion {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = parseEmver(version).numbers;
  return { upstream: plain(a, b, c), downstream: plain(d) };
}

/** The same with what the reference makes of some packages' versions. @throws VersionError */
export function newVersionOf({ id, title, version }: { id: string; title: string; version: string }): ExtendedVersion {
  const { upstream, downstream } = inNewForm(version);
  if (id === 'bitcoind' && title.toLowerCase().includes('knots')) return { flavor: 'knots', upstream, downstream };
  const prerelease = PRERELEASES.get(id);
  return { upstream: prerelease === undefined ? upstream : { ...upstream, prerelease: [prerelease] }, downstream };
}

function plain(...numbers: readonly bigint[]): Version {
  return { numbers, prerelease: [] };
}
