import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareForSets,
  compareVersions,
  parseExtendedVersion,
  parseVersion,
  portabilityProblem,
  printExtendedVersion,
  printVersion,
  type Version,
  VersionError,
} from '../../../extension/engine/versions/exver.ts';
import { parseRange, printRange } from '../../../extension/engine/versions/exver-range.ts';
import { satisfies } from '../../../extension/engine/versions/satisfiable.ts';
import { UpstreamRange, UpstreamVersion } from '../../support/sdk.ts';

const number = fc.integer({ min: 0, max: 30 });
const prerelease = fc.array(fc.oneof(number.map(String), fc.constantFrom('alpha', 'beta', 'rc', 'X')), {
  minLength: 1,
  maxLength: 3,
});
const plain = fc
  .tuple(fc.array(number, { minLength: 1, maxLength: 4 }), fc.option(prerelease, { nil: undefined }))
  .map(([numbers, tail]) => numbers.join('.') + (tail ? `-${tail.join('.')}` : ''));
const extended = fc
  .tuple(fc.constantFrom('', '#knots:', '#core:'), plain, plain)
  .map(([flavor, upstream, downstream]) => `${flavor}${upstream}:${downstream}`);

/**
 * Where two prereleases differ first in kind (a number, a word, nothing), upstream's TypeScript takes the kind of the
 * left one's second part, whichever part differs; its Rust compares the parts themselves.
 */
function upstreamLooksElsewhere(a: Version, b: Version): boolean {
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return false;
  const length = Math.max(a.prerelease.length, b.prerelease.length);
  const places = Array.from({ length }, (_, index) => [a.prerelease[index], b.prerelease[index]] as const);
  const first = places.findIndex(([left, right]) => left !== right);
  const [left, right] = places[first] ?? [];
  return typeof left !== typeof right && typeof left !== typeof a.prerelease[1];
}

test('a number comes before a word in a prerelease, as in the reference', () => {
  const compare = (a: string, b: string) => Math.sign(compareVersions(parseVersion(a), parseVersion(b)));
  assert.equal(compare('1-0.alpha', '1-alpha'), -1);
  assert.equal(compare('1-alpha', '1-0.alpha'), 1);
  assert.equal(compare('1-alpha', '1-alpha.0'), -1);
  assert.equal(compare('1-rc.1', '1-rc.beta'), -1);
  const upstream = UpstreamVersion.parse('1-alpha:0').compare(UpstreamVersion.parse('1-0.alpha:0'));
  assert.equal(upstream, 'less', "upstream's TypeScript was mended: the property above can compare all");
});

test('versions print as they were written, and compare as upstream compares them', () => {
  fc.assert(
    fc.property(extended, extended, (a, b) => {
      const [left, right] = [parseExtendedVersion(a), parseExtendedVersion(b)];
      assert.equal(printExtendedVersion(left), a);
      if (left.flavor !== right.flavor) return;
      if (upstreamLooksElsewhere(left.upstream, right.upstream)) return;
      if (upstreamLooksElsewhere(left.downstream, right.downstream)) return;
      const ours = Math.sign(compareForSets(left, right));
      const theirs = UpstreamVersion.parse(a).compare(UpstreamVersion.parse(b));
      assert.equal(ours, { less: -1, equal: 0, greater: 1 }[theirs ?? 'equal'], `${a} ${b}`);
    }),
    { numRuns: 300 },
  );
});

test('version parsing follows the reference at the edges', () => {
  for (const [text, printed] of [
    ['1.02', '1.2'],
    ['+1', '1'],
    ['1-a-b.0', '1-a-b.0'],
    ['18446744073709551615', '18446744073709551615'],
  ] as const) {
    assert.equal(printVersion(parseVersion(text)), printed);
  }
  for (const text of ['', '1.', '.1', '1-', '1-01', '1-a..b', '1-ä', '18446744073709551616', 'v1', '1 ']) {
    assert.throws(() => parseVersion(text), VersionError, JSON.stringify(text));
  }
  assert.equal(parseExtendedVersion('#:1:0').flavor, '');
  for (const text of ['1.0', '#K:1:0', '#k1:1:0', ':0', '1:', '#knots:1']) {
    assert.throws(() => parseExtendedVersion(text), VersionError, text);
  }
  assert.equal(compareVersions(parseVersion('1.0'), parseVersion('1')), 0);
  assert.ok(compareVersions(parseVersion('1-beta.2'), parseVersion('1-beta.10')) < 0);
  assert.ok(compareVersions(parseVersion('1-10'), parseVersion('1-alpha')) < 0);
  assert.ok(compareVersions(parseVersion('1-rc'), parseVersion('1')) < 0);
  assert.ok(portabilityProblem(parseVersion('1-beta1')));
  assert.equal(portabilityProblem(parseVersion('1-beta.1')), undefined);
});

test('ranges are printed as the reference prints them', () => {
  const cases: Record<string, string> = {
    '*': '*',
    '!': '!',
    '^1.2': '>=1.2:0 <2:0',
    '1.2': '>=1.2:0 <2:0',
    '~1.2.3': '>=1.2.3:0 <1.3:0',
    '~1': '>=1:0 <1.1:0',
    '~0.1.2': '>=0.1.2:0 <0.1.3:0',
    '^0.0.3:2': '>=0.0.3:2 <0.0.4:0',
    '>=1.0:0 <2': '>=1.0:0 <2:0',
    '>= 1 && < 2': '>=1:0 <2:0',
    '=1:0||=2:0': '=1:0 || =2:0',
    '=1 || =2 && =3': '(=1:0 || =2:0) =3:0',
    '=1 || =2 =3': '(=1:0 || =2:0) || =3:0',
    '!(=1 || >2)': '!=1:0 (!>2:0)',
    '!=1': '!=1:0',
    '!!=1': '=1:0',
    '* && =1': '=1:0',
    '! || =1': '=1:0',
    '!*': '!',
    '#knots': '#knots',
    '#': '#',
    '!#knots =1': '(!(#knots)) =1:0',
    '^#knots:2': '>=#knots:2:0 <#knots:3:0',
    '(=1)': '=1:0',
  };
  for (const [text, printed] of Object.entries(cases)) assert.equal(printRange(parseRange(text).range), printed, text);
});

test('printing a printed range changes nothing', () => {
  const atom = fc
    .tuple(fc.constantFrom('>=', '<=', '<', '>', '=', '!=', '^', '~', ''), extended)
    .map(([operator, version]) => operator + version);
  const range = fc
    .array(atom, { minLength: 1, maxLength: 4 })
    .chain((atoms) => fc.constantFrom(' && ', ' || ', ' ').map((join) => atoms.join(join)));
  fc.assert(
    fc.property(range, (text) => {
      const printed = printRange(parseRange(text).range);
      assert.equal(printRange(parseRange(printed).range), printed);
    }),
  );
});

test('what devices would silently ignore is an error', () => {
  for (const text of ['', ' =1', '=1 nonsense', '=1)', '(=1', '>=01:0', '>=', '^', '=1 ||', '1.2.x', '=1 | =2']) {
    assert.throws(() => parseRange(text), VersionError, JSON.stringify(text));
  }
  assert.throws(() => parseRange('('.repeat(100_000)), VersionError);
});

test('where nothing is said about portability, upstream agrees on the meaning', () => {
  const versions = ['0:0', '1:0', '1.2:0', '1.2.3:1', '2:0', '2.1-beta.1:0', '3:0', '#knots:1:0'].map((text) =>
    UpstreamVersion.parse(text),
  );
  const atom = fc
    .tuple(fc.constantFrom('>=', '<=', '<', '>', '=', '!=', '^', '~'), plain)
    .map(([operator, version]) => operator + version);
  const range = fc
    .array(atom, { minLength: 1, maxLength: 3 })
    .chain((atoms) => fc.constantFrom(' && ', ' || ').map((join) => atoms.join(join)));
  fc.assert(
    fc.property(range, (text) => {
      const parsed = parseRange(text);
      if (parsed.portability.length > 0) return;
      const [ours, theirs] = [UpstreamRange.parse(printRange(parsed.range)), UpstreamRange.parse(text)];
      for (const version of versions) {
        assert.equal(ours.satisfiedBy(version), theirs.satisfiedBy(version), `${text}: ${version}`);
      }
    }),
    { numRuns: 500 },
  );
  assert.ok(parseRange('=1 || =2 =3').portability.length > 0);
  assert.ok(parseRange('^0').portability.length > 0);
  const unflavored = UpstreamRange.parse('#').satisfiedBy(UpstreamVersion.parse('1:0'));
  assert.equal(unflavored, false, "upstream's TypeScript was mended: nothing is to be said of it");
  assert.equal(satisfies(parseExtendedVersion('1:0'), parseRange('#').range), true);
  for (const text of ['#', '!#', '=1 || #']) assert.equal(parseRange(text).portability.length, 1, text);
  assert.deepEqual(parseRange('#knots').portability, []);
  assert.ok(parseRange('~1-rc').portability.length > 0);
  assert.ok(parseRange('~0.1').portability.length > 0);
  assert.deepEqual(parseRange('~1.0').portability, []);
});
