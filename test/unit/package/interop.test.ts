import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { ExactNumber, parseJson, printJson, toRawJson } from '../../../extension/engine/package/json.ts';
import { manifestToJson } from '../../../extension/engine/package/manifest.ts';
import { parseManifest } from '../../../extension/engine/package/parse-manifest.ts';
import { problemInRust } from '../../../extension/engine/package/rust-regex.ts';
import { normalizeUrl } from '../../../extension/engine/package/url.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { parseRange, printRange } from '../../../extension/engine/versions/exver-range.ts';
import { isSatisfiable } from '../../../extension/engine/versions/satisfiable.ts';
import { blake3 } from '../../support/archives.ts';
import { goodManifest } from '../../support/packages.ts';
import { needsShared, sharedPath } from '../../support/shared.ts';

/** Where our reading of a text was not the reference's, as its own code showed. */

/** A manifest of somebody else's package, whose JSON holds `text` in the place of a value. */
function foreign(key: string, text: string) {
  const json = JSON.stringify({ ...goodManifest, [key]: '@' }).replace('"@"', () => text);
  const { value, findings } = parseJson(json, 'exact');
  const parsed = value === undefined ? undefined : parseManifest(value, { keepUnknown: true });
  const all = [...findings, ...(parsed?.findings ?? [])];
  return {
    parsed,
    errors: all.filter(({ severity }) => severity === 'error').map(({ code, where }) => `${code} ${where.path}`),
  };
}

test('numbers are exact to 2^64 - 1, and written as integers', () => {
  const ram = (text: string) => foreign('hardwareRequirements', `{"device":[],"ram":${text},"arch":null}`);
  for (const text of ['0', '8589934592', '9007199254740993', '9223372036854775808', '18446744073709551615']) {
    const { parsed, errors } = ram(text);
    assert.deepEqual(errors, [], text);
    assert.ok(parsed?.manifest);
    assert.ok(printJson(manifestToJson(parsed.manifest)).includes(`"ram":${text},`), text);
  }
  for (const text of ['18446744073709551616', '1.0', '1e3', '-0', '-1', '1.5'])
    assert.deepEqual(ram(text).errors, ['manifest-type /hardwareRequirements/ram'], text);
});

test('a number that JavaScript cannot hold is shown as it is', () => {
  const { value } = parseJson('{"a":18446744073709551615,"b":[1.50]}', 'exact');
  assert.ok(value !== undefined);
  assert.equal(printJson(value), '{"a":18446744073709551615,"b":[1.50]}');
  assert.equal(JSON.stringify(toRawJson(value)), '{"a":18446744073709551615,"b":[1.50]}');
  assert.equal(printJson(new ExactNumber('-0')), '-0');
});

test('half of a surrogate pair, numbers out of range and deep nesting are errors, in keys that nobody reads too', () => {
  assert.deepEqual(foreign('title', '"\\ud800"').errors, ['manifest-json /title']);
  assert.deepEqual(foreign('later', '{"a\\udfff":1}').errors, ['manifest-json /later/a\udfff']);
  assert.deepEqual(foreign('later', '1e999').errors, ['manifest-json /later']);
  assert.deepEqual(foreign('later', `${'['.repeat(126)}${']'.repeat(126)}`).errors, []);
  assert.equal(foreign('later', `${'['.repeat(127)}${']'.repeat(127)}`).errors.length, 1);
});

test('patterns are read as Rust reads them', () => {
  const refused = [
    ...[
      'a{,3}',
      'a{2,1}',
      '[z-a]',
      'x{',
      '{',
      '\\p{Foo}',
      '\\y',
      '\\e',
      '\\h',
      '\\Q',
      '\\N',
      '\\R',
      '\\X',
      '\\G',
      '\\Z',
      '\\c',
    ],
    ...[
      '(?>a)',
      '(?#c)',
      '(?P<1>a)',
      '(?<a>x)(?<a>y)',
      '[\\b]',
      '[\\d-z]',
      '[a-\\d]',
      '(a{1000}){1000}',
      '\\w{1000}',
      'a{9999999999}',
    ],
    ...[
      '(?=a)',
      '(?!a)',
      '(?<=a)',
      '(?<!a)',
      '\\1',
      '\\k<a>',
      '(a',
      'a)',
      '[a',
      '[',
      '*',
      'a|*',
      '(*)',
      '\\',
      '(?)',
      '(?i-)',
      '(?ii)',
    ],
    ...['\\pQ', '\\p{', '\\x{110000}', '\\xZZ', '\\ud800', '\\é', '('.repeat(300) + ')'.repeat(300)],
  ];
  for (const pattern of refused) assert.notEqual(problemInRust(pattern), undefined, pattern);
  const read = [
    ...[
      '',
      'NVIDIA',
      '^(AMD|Intel).*$',
      'GeForce RTX (20|30|40|50)\\d\\d',
      'a{2}',
      'a{2,}',
      'a{2,3}?',
      'a{ 2 , 3 }',
      'a**',
      '^*',
    ],
    ...[
      '[]a]',
      '[^]a]',
      '[a-]',
      '[-a]',
      '[--a]',
      '[a&&[^b]]',
      '[a--b]',
      '[[:alpha:]]',
      '[[:foo:]]',
      '[\\w.-]+',
      '[\\]]',
    ],
    ...[
      '\\p{L}',
      '\\pL',
      '\\p{Greek}',
      '\\p{greek}',
      '\\p{gc=Lu}',
      '\\P{Lu}',
      '(?i)nvidia',
      '(?i:a)b',
      '(?P<n>a)',
      '(?<n>a)',
      '(?:)',
    ],
    ...[
      '}',
      ']',
      '\\-',
      '\\_',
      '\\/',
      '\\b{start}x',
      '\\<a\\>',
      '\\x41',
      '\\u{41}',
      'a|',
      '|',
      '()',
      '(?x) a b # c\n',
      '\\w{20}',
      '\\.',
    ],
  ];
  for (const pattern of read) assert.equal(problemInRust(pattern), undefined, pattern);
});

test('URLs are written as the reference writes them', () => {
  const cases: readonly [text: string, written: string | undefined][] = [
    ['https://a.b', 'https://a.b/'],
    ['https://a.b/x^y', 'https://a.b/x^y'],
    ['https://a.b/x^y%5Ez?q=^#^', 'https://a.b/x^y%5Ez?q=^#^'],
    ['https://u^s@a.b/^?', 'https://u%5Es@a.b/^?'],
    ['https://xn--/', undefined],
    ['https://xn--a/', undefined],
    ['https://xn--mnchen-3ya.de/', 'https://xn--mnchen-3ya.de/'],
    ['https://münchen.de/', 'https://xn--mnchen-3ya.de/'],
    ['https://a^b/', undefined],
    ['example.org', undefined],
  ];
  for (const [text, written] of cases) assert.equal(normalizeUrl(text), written, text);
});

test('ranges are printed as the reference prints them', () => {
  const cases: readonly [text: string, printed: string][] = [
    ['>=#:1:0', '>=1:0'],
    ['>=1:0 ', '>=1:0'],
    ['>=1.0.0:0 && <2.0.0:0', '>=1.0.0:0 <2.0.0:0'],
    ['^2', '>=2:0 <3:0'],
    [
      '(>=28.4:29 && <29) || >=31.1:16 || >=#knotsprerdts:29.3:29',
      '((>=28.4:29 <29:0) || >=31.1:16) || >=#knotsprerdts:29.3:29',
    ],
  ];
  for (const [text, printed] of cases) assert.equal(printRange(parseRange(text).range), printed, text);
});

test('whether any version is in a range', () => {
  const some = [
    '*',
    '>=1',
    '<0',
    '=1:0',
    '!=1',
    '>1:0 <1:1',
    '>1.0-alpha:0 <1.0:0',
    '#knots',
    '!#',
    '>=1 <1 || =2',
    '!(>1)',
  ];
  const none = ['!', '>=2 <1', '^1 ^2', '=1:0 !=1:0', '>1:0 <=1:0', '#knots >=1', '>=#knots:1:0 #', '!(*)'];
  const cases = [...some.map((text) => [text, true] as const), ...none.map((text) => [text, false] as const)];
  for (const [text, expected] of cases) assert.equal(isSatisfiable(parseRange(text).range), expected, text);
});

test('a range of a thousand flavors costs no time', () => {
  const parts = Array.from({ length: 990 }, (_, index) => `=#${'abcdefghij'[index % 10]}${'x'.repeat(index / 10)}:1:0`);
  const start = performance.now();
  isSatisfiable(parseRange(parts.join(' && ')).range);
  assert.ok(performance.now() - start < 1000);
});

test('of equal versions and of two forms of a dependency the first counts', () => {
  const satisfies = foreign('satisfies', '["1:1","01:1"]').parsed?.manifest;
  assert.deepEqual(satisfies?.satisfies, ['1:1']);
  const both = '"metadata":{"title":"B","icon":"b.svg"}';
  const kind = (text: string) =>
    foreign('dependencies', `{"b":{"description":null,"optional":true,${text}}}`).parsed?.manifest?.dependencies.get(
      'b',
    )?.metadata?.kind;
  assert.equal(kind(`"s9pk":"b.s9pk",${both}`), 's9pk');
  assert.equal(kind(`${both},"s9pk":"b.s9pk"`), 'metadata');
});

test('of a key that stands twice in a map the last one counts; in an object of the manifest devices refuse it', () => {
  const codes = (text: string) => parseJson(text).findings.map(({ code }) => code);
  assert.deepEqual(codes('{"title":1,"title":2}'), ['manifest-duplicate-key']);
  assert.deepEqual(codes('{"releaseNotes":{"en_US":"a","en_US":"b"}}'), ['manifest-key-twice']);
  assert.deepEqual(codes('{"dependencies":{"a":{"optional":true,"optional":false}}}'), ['manifest-duplicate-key']);
  assert.deepEqual(codes('{"later":{"a":1,"a":2}}'), ['manifest-key-twice']);
});

test('the shared packages on which we differed are judged as the reference judges them', needsShared, async () => {
  const errors = async (name: string) => {
    const source = new MemorySource(readFileSync(sharedPath('fixtures', 'interop', name)));
    const report = await verifyPackage(source, { blake3 });
    return report.findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
  };
  assert.deepEqual(await errors('e2e-lone_surrogate.s9pk'), ['manifest-json']);
  assert.deepEqual(await errors('e2e-ram_u64max.s9pk'), ['manifest-type']);
  assert.deepEqual(await errors('e2e-regex.s9pk'), ['manifest-regex']);
  assert.deepEqual(await errors('e2e-url_xn__.s9pk'), ['manifest-url']);
  assert.ok((await errors('empty-file-position-huge.s9pk')).includes('content-out-of-range'));
  // Stricter than the reference, which opens these two.
  assert.deepEqual(await errors('root-table-past-end.s9pk'), ['table-out-of-range']);
  assert.deepEqual(await errors('partial-folder-table-past-end.s9pk'), ['table-out-of-range']);
});
