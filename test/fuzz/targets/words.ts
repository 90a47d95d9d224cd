import assert from 'node:assert/strict';
import { isImageTag } from '../../../extension/engine/image/image-tag.ts';
import { toLocation } from '../../../extension/engine/pack/dependencies/dependency-location.ts';
import { durationInMs, normalDuration } from '../../../extension/engine/package/duration.ts';
import { isId } from '../../../extension/engine/package/id.ts';
import { problemInRust } from '../../../extension/engine/package/rust-regex.ts';
import { misspeltScheme, normalizeUrl } from '../../../extension/engine/package/url.ts';
import { parseEmver, parseEmverRange } from '../../../extension/engine/versions/emver.ts';
import { parseExtendedVersion, printExtendedVersion, VersionError } from '../../../extension/engine/versions/exver.ts';
import { parseRange, printRange } from '../../../extension/engine/versions/exver-range.ts';
import { isSatisfiable, satisfies } from '../../../extension/engine/versions/satisfiable.ts';
import { visibleText } from '../../../extension/engine/visible-text.ts';
import { UpstreamRange, UpstreamVersion } from '../../support/sdk.ts';
import { mutateText } from '../mutate.ts';
import { allowing, bytesOf, type FuzzTarget, textOf } from '../target.ts';

const SEEDS = [
  ...[
    '1.2.3:4',
    '#knots:1.2.3-beta.1:0-rc',
    '>=1.2:0 <2:0',
    '^1.2 || ~3.4:1 && !(=5 !=6)',
    '!',
    '*',
    '#knots',
    '!#core',
  ],
  ...['>=1.2.3 <2.0.0', '1.2.3.4', '^1.0', '~1.2.3 || =4', 'bitcoind', 'start9/x/main:1.0.0', 'ghcr.io/a/b@sha256:00'],
  ...[
    'https://exämple.org:443/a/../b?c#d',
    'htps://example.org',
    './icons/a.png',
    '1h30m',
    '5s',
    '(?i)^nvidia.*[[:alpha:]&&\\p{Greek}]{2,5}$',
  ],
];
const PIECES: readonly [string, ...string[]] = [
  ...([
    '1',
    '0',
    '9',
    '.',
    ':',
    '-',
    '#',
    'a',
    'rc',
    '>=',
    '<',
    '=',
    '!',
    '!=',
    '^',
    '~',
    '||',
    '&&',
    '(',
    ')',
    ' ',
  ] as const),
  ...[
    '18446744073709551616',
    '00',
    '*',
    '@',
    '/',
    '\\',
    '[',
    ']',
    '{',
    '}',
    ',',
    '?',
    '+',
    '|',
    '$',
    'p{L}',
    '&&',
    '--',
  ],
  ...['https://', 'sha256:', '%', 's', 'm', 'h', 'd', '\u0000', '\u202e', '\ud800', '😀', 'İ'],
];
const VERSIONS = ['0:0', '1:0', '1.2:0', '1.2.3:1', '2:0', '2.1-beta.1:0', '3:0', '#knots:1:0'] as const;

/** Single words of manifests that have a grammar of their own: versions, ranges, tags, addresses, durations, patterns. */
export const wordsTarget: FuzzTarget = {
  name: 'words',
  covers: [
    'extension/engine/versions/*.ts',
    'extension/engine/package/{id,url,duration,rust-regex}.ts',
    'extension/engine/image/image-tag.ts',
    'extension/engine/pack/dependencies/dependency-location.ts',
    'extension/engine/visible-text.ts',
  ],
  seeds: async () => SEEDS.map(bytesOf),

  async make(random) {
    const piece = () => random.pick(PIECES);
    if (random.oneIn(6)) return bytesOf(piece() + (piece() + piece()).repeat(random.size(20_000)) + piece());
    if (random.oneIn(6))
      // As many parts, levels and flavors as a range may have, and more.
      return bytesOf(
        Array.from(
          { length: random.size(1200) },
          (_, n) =>
            `${random.pick(['=', '<', '>=', '^', '!'])}${random.oneIn(3) ? `#f${'a'.repeat(n % 20)}:` : ''}${n}.1`,
        ).join(random.pick([' ', ' || ', ' && '])),
      );
    return bytesOf(Array.from({ length: random.size(60) }, piece).join(''));
  },
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input) {
    const text = textOf(input);
    await allowing([VersionError], () => {
      const version = parseExtendedVersion(text);
      assert.equal(
        printExtendedVersion(parseExtendedVersion(printExtendedVersion(version))),
        printExtendedVersion(version),
      );
    });
    await allowing([VersionError], () => {
      const { range } = parseRange(text);
      const printed = printRange(range);
      assert.equal(printRange(parseRange(printed).range), printed);
      const met = VERSIONS.filter((version) => satisfies(parseExtendedVersion(version), range));
      assert.ok(isSatisfiable(range) || met.length === 0, 'a range that something is in');
    });
    await allowing([VersionError], () => parseEmver(text));
    await allowing([VersionError], () => {
      const { normal } = parseEmverRange(text);
      assert.equal(parseEmverRange(normal).normal, normal);
    });
    const problem = problemInRust(text);
    assert.ok(problem === undefined || problem !== '');
    const url = normalizeUrl(text);
    if (url !== undefined) assert.equal(normalizeUrl(url), url, 'what is normal stays so');
    misspeltScheme(text);
    const duration = normalDuration(text);
    if (duration !== undefined) assert.equal(durationInMs(duration), durationInMs(text));
    assert.equal(typeof isId(text) && typeof isImageTag(text), 'boolean');
    assert.ok('path' in toLocation(text, '/w') || 'url' in toLocation(text, '/w'));
    const shown = visibleText(text);
    assert.doesNotMatch(shown, /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  },

  comparesOneIn: 1,
  /** What upstream's own parsers make of it, where nothing is said of their differing. */
  async compare(input) {
    const text = textOf(input);
    await allowing([VersionError], () => {
      if (/\d{16}/.test(text)) return;
      const ours = parseExtendedVersion(text);
      const theirs = refusing(() => UpstreamVersion.parse(text));
      if (theirs) assert.equal(theirs.toString(), printExtendedVersion(ours), 'version');
    });
    await allowing([VersionError], () => {
      const { range, portability, prereleases } = parseRange(text);
      // Numbers of more digits are no longer whole there.
      if (portability.length > 0 || prereleases.length > 0 || /\d{16}/.test(text)) return;
      const theirs = refusing(() => UpstreamRange.parse(text));
      if (!theirs) return;
      for (const version of VERSIONS)
        assert.equal(
          satisfies(parseExtendedVersion(version), range),
          theirs.satisfiedBy(UpstreamVersion.parse(version)),
          `${version} in ${text.slice(0, 200)}`,
        );
    });
  },
};

function refusing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
