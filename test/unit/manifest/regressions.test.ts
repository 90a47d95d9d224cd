import assert from 'node:assert/strict';
import { test } from 'node:test';
import { problemInRust } from '../../../extension/engine/package/rust-regex.ts';
import { parseEmverRange } from '../../../extension/engine/versions/emver.ts';
import { applyEdits } from '../../../extension/manifest/edits/edit.ts';
import { withoutPlaceholders } from '../../../extension/manifest/edits/render.ts';
import { fixesFor } from '../../../extension/manifest/fixes.ts';
import { complete } from '../../../extension/manifest/language/complete.ts';
import { lintManifest } from '../../../extension/manifest/lint-manifest.ts';
import { parseYamlText } from '../../../extension/manifest/text/yaml-front.ts';
import { BASES, FILES, type Kind, readText, TOML_03, TYPESCRIPT_04, YAML_03 } from '../../support/manifests.ts';

function changed(kind: Kind, from: string, to: string): string {
  assert.ok(BASES[kind].includes(from), from);
  return BASES[kind].replace(from, () => to);
}

/** Inputs that must have exactly these findings. */
const EXPECTED: readonly [what: string, kind: Kind, from: string, to: string, codes: readonly string[]][] = [
  [
    'an image that is not emulated',
    'ts',
    "arch: ['x86_64', 'aarch64'],",
    "arch: ['x86_64'], emulateMissingAs: null,",
    [],
  ],
  ['a range that ends in a blank and a star', 'yaml', 'range: "[0,100]"', 'range: "[0, *)"', []],
  ['a range that begins with a blank and a star', 'yaml', '"[0,100]"', '"( *,100]"', ['manifest-config-spec']],
  [
    'undefined is absent',
    'ts',
    'donationUrl: null,',
    'donationUrl: null, osVersion: undefined, plugins: undefined,',
    [],
  ],
  [
    'unknown texts by language',
    'ts',
    'description: { short, long }',
    "description: { short: { en_US: t('a') }, long }",
    ['manifest-locale-missing'],
  ],
  ['unknown entries of lists', 'ts', "volumes: ['main']", "volumes: ['main', name()]", []],
  ['an unknown architecture', 'ts', "arch: ['x86_64', 'aarch64']", "arch: ['x86_64', current()]", []],
  ['a source that is spread', 'ts', "{ dockerTag: 'nginx:1.29' }", '{ ...source() }', []],
  ['computed keys', 'ts', 'description: { short, long }', "description: { ['short']: short, ['long']: long }", []],
  ['getters', 'ts', "title: 'Hello World',", "get title() { return 'x' },", []],
  [
    'names inside functions',
    'ts',
    'export const manifest',
    'function f() { const short = 5; return short }\nexport const manifest',
    [],
  ],
  [
    'a variable that is only asked for',
    'ts',
    "id: 'hello-world'",
    "id: process.env.NIGHTLY ? 'Bad Id' : 'hello-world'",
    ['manifest-id'],
  ],
  [
    'architectures that the SDK sets',
    'ts',
    'dependencies: {},',
    "dependencies: {}, hardwareRequirements: { arch: ['x86_64'] },",
    ['manifest-ignored'],
  ],
  [
    'an unknown key of properties',
    'yaml',
    'properties:\n  type: script',
    'properties:\n  type: script\n  inject: true',
    ['manifest-unknown-key'],
  ],
  ['any architecture of 0.3', 'yaml', 'arch: [x86_64, aarch64]', 'arch: [riscv64]', ['manifest-arch']],
  ['whole seconds in milliseconds', 'yaml', 'timeout: 20s', 'timeout: 30000ms', []],
  [
    'an id that is no id and not there',
    'yaml',
    'interface-id: main',
    'interface-id: main2',
    ['manifest-interface-unknown'],
  ],
  ['a type that is no type', 'yaml', 'type: opt-in', 'type: recommended', ['manifest-type']],
  ['a pattern with look-around as characters', 'yaml', '"^[a-z]+$"', '"^[(?=a)]+$"', []],
  ['a pattern that is not closed', 'yaml', '"intel|amd"', '"(intel"', ['manifest-regex']],
  [
    'a default out of its range',
    'yaml',
    'range: "[0,100]"',
    'range: "[0,100]"\n        default: 500',
    ['manifest-config-default'],
  ],
  [
    'a list of nothing',
    'yaml',
    'nullable: false\n        range: "[0,100]"',
    'nullable: false\n      list:\n        type: list\n        name: L\n        subtype: enum\n        range: "[-1,2]"\n        default: []\n        spec: {}',
    ['manifest-config-spec', 'manifest-missing-key'],
  ],
  ['an alias to nothing', 'yaml', 'args: [from]', 'args: *nothing', ['manifest-json']],
  [
    'a mount of a dependency procedure',
    'yaml',
    '    description: For payments',
    '    config:\n      check: { type: docker, image: main, entrypoint: x, mounts: { bogus: /x } }\n      auto-configure: { type: script }',
    ['manifest-dependency-io-format', 'manifest-volume-unknown'],
  ],
  [
    'an architecture without image',
    'json',
    '"ram": 2147483648',
    '"ram": 1073741824, "arch": ["riscv64"]',
    ['manifest-arch-unused'],
  ],
  ['no memory', 'json', '"ram": 2147483648', '"ram": 0', []],
];

for (const [what, kind, from, to, codes] of EXPECTED) {
  test(`${what} (${kind})`, async () => {
    const findings = lintManifest(await readText(FILES[kind], changed(kind, from, to)));
    assert.deepEqual([...new Set(findings.map(({ code }) => code))].sort(), codes, JSON.stringify(findings, null, 1));
  });
}

test('an entry of a map that looks like a number is called by its name', async () => {
  const findings = lintManifest(await readText(FILES.yaml, changed('yaml', '80: "80"', '80: 80')));
  assert.match(findings[0]?.message ?? '', /^"80" must be a text/);
});

test('brackets in ranges are read in no time', () => {
  const started = performance.now();
  assert.throws(() => parseEmverRange(`${'('.repeat(60)}>=x`));
  assert.ok(performance.now() - started < 1000);
  assert.equal(parseEmverRange('((>=1.0 <2.0) || =3)').rest, '');
});

test('patterns that devices cannot read', () => {
  for (const bad of ['(', ')', '[a', 'a\\', '*a', '(?=x)', '(?<!x)', '(a)\\1']) assert.ok(problemInRust(bad), bad);
  for (const good of ['', 'a|b', '[(]', '\\(', '[]a]', '[^]a]', '(?i)x', '(?:a)', '\\d+', 'a{2,3}']) {
    assert.equal(problemInRust(good), undefined, good);
  }
});

/** Fixes that once took too much or put things in the wrong place. */
const FIXES: readonly [what: string, kind: Kind, text: string, code: string, title: string, gives: RegExp][] = [
  [
    'a shorthand whose constant stands below',
    ...([
      'ts',
      `${TYPESCRIPT_04.replace('  dependencies: {},', '  dependencies: {},\n  version,')}const version = '1.0.0:0'\n`,
    ] as const),
    ...(['manifest-ignored', 'Remove "version"', /dependencies: \{\},\n\}\)\nconst version = '1\.0\.0:0'\n$/] as const),
  ],
  [
    'a misspelt shorthand',
    ...(['ts', `const titel = 'x'\n${TYPESCRIPT_04.replace("title: 'Hello World'", 'titel')}`] as const),
    ...(['manifest-key-misspelt', 'Rename to "title"', /^ {2}title: titel,$/m] as const),
  ],
  [
    'a text in a block',
    ...(['yaml', YAML_03.replace('license: MIT', 'license: >-\n  mit')] as const),
    ...(['manifest-license-case', 'Change to "MIT"', /^license: MIT\nwrapper-repo:/m] as const),
  ],
  [
    'an image with a spread',
    ...([
      'ts',
      `const base = { source: { dockerTag: 'x:1' } }\n${TYPESCRIPT_04.replace(/main: \{[\s\S]*?\n {4}\},/, 'main: { ...base },')}`,
    ] as const),
    ...([
      'manifest-arch-default',
      'Write the architectures out',
      /\.\.\.base,\n\s+arch: \['x86_64', 'aarch64', 'riscv64'\],/,
    ] as const),
  ],
  [
    'a last property with a suffix',
    ...([
      'ts',
      TYPESCRIPT_04.replace("  title: 'Hello World',\n", '').replace(
        'dependencies: {},',
        'dependencies: {} as const, // none yet',
      ),
    ] as const),
    ...([
      'manifest-missing-key',
      'Add "title"',
      /dependencies: \{\} as const, \/\/ none yet\n {2}title: 'Hello World',\n/,
    ] as const),
  ],
  [
    'a table that is only implied',
    ...(['toml', TOML_03.replace(/\[interfaces\.main\]\n[\s\S]*?\n\n/, '')] as const),
    ...(['manifest-missing-key', 'Add "name"', /\n\[interfaces\.main\]\nname = /] as const),
  ],
  [
    'several keys of an empty object',
    ...(['yaml', YAML_03.replace(/description:\n {2}short: .*\n {2}long: .*\n/, 'description: {}\n')] as const),
    ...(['manifest-missing-key', 'Add all 2 missing keys', /^description:\n {2}short: ""\n {2}long: ""\n/m] as const),
  ],
];

for (const [what, kind, text, code, title, gives] of FIXES) {
  test(`fixing ${what}`, async () => {
    const reading = await readText(FILES[kind], text);
    const found = lintManifest(reading).find((item) => item.code === code);
    assert.ok(found, JSON.stringify(lintManifest(reading)));
    const fix = fixesFor(found, reading).find((item) => item.title === title);
    assert.ok(
      fix,
      fixesFor(found, reading)
        .map((item) => item.title)
        .join(),
    );
    const mended = applyEdits(text, fix.edits);
    assert.match(mended, gives);
    assert.ok(lintManifest(await readText(FILES[kind], mended)).length < lintManifest(reading).length, mended);
  });
}

test('tables in pieces and broken texts get no fix that removes things', async () => {
  const pieces = `[foo]\na = 1\n\n${TOML_03.replace(/^/, '')}\n[foo.bar]\nb = 1\n`;
  const text = TOML_03.replace('[description]', '[foo]\na = 1\n\n[description]') + pieces.slice(-18);
  const reading = await readText(FILES.toml, text);
  const found = lintManifest(reading).find(({ code }) => code === 'manifest-unknown-key');
  assert.ok(found);
  assert.deepEqual(fixesFor(found, reading), []);
  const broken = await readText(FILES.yaml, YAML_03.replace('  short: A greeting', '\tshort: A greeting'));
  for (const item of lintManifest(broken)) assert.deepEqual(fixesFor(item, broken), []);
});

/** Completions at ¦: what is replaced must be on the cursor's line, hold the cursor, and lose nothing. */
const COMPLETIONS: readonly [
  what: string,
  kind: Kind,
  from: string,
  to: string,
  take: string | undefined,
  gives: string,
][] = [
  ['right behind a colon', 'yaml', 'license: MIT', 'license:¦', 'MIT', 'license: MIT\n'],
  ['a quote that is not closed', 'yaml', 'license: MIT', "license: '¦", 'MIT', 'license: MIT\n'],
  ['a value before the next key', 'json', '"license": "MIT",', '"license": ¦', 'MIT', '"license": "MIT"\n'],
  ['a key before others', 'json', '  "title": "Hello World",\n', '  ¦\n', 'title', '  "title": "Hello World",\n'],
  [
    'a key without a comma before it',
    'json',
    '"ram": 2147483648\n',
    '"ram": 2147483648\n    "ar¦"\n',
    'arch',
    '"ram": 2147483648,\n    "arch": ',
  ],
  ['a comment', 'yaml', 'license: MIT', 'license: MIT # ¦', undefined, ''],
  ['a comment in TypeScript', 'ts', "license: 'MIT',", "license: 'MIT', // ¦", undefined, ''],
  [
    'a header with a comment',
    'toml',
    '[health-checks]\n',
    '[health-checks] # none\n¦\n',
    'health check (script)',
    'web-ui',
  ],
  ['a value that is missing', 'toml', 'license = "MIT"', 'license = ¦', 'MIT', 'license = "MIT"\n'],
  ['free text', 'yaml', 'title: Hello World', 'title: My ¦', undefined, ''],
];

for (const [what, kind, from, to, take, gives] of COMPLETIONS) {
  test(`completing ${what} (${kind})`, async () => {
    const marked = changed(kind, from, to);
    const offset = marked.indexOf('¦');
    const text = marked.replace('¦', '');
    const items = complete(await readText(FILES[kind], text), FILES[kind], offset);
    const line = [text.lastIndexOf('\n', offset - 1) + 1, text.indexOf('\n', offset)] as const;
    for (const { replace } of items) {
      assert.ok(replace.start <= offset && offset <= replace.end, 'it holds the cursor');
      assert.ok(replace.start >= line[0] && replace.end <= line[1], 'it is on one line');
    }
    if (take === undefined) {
      assert.deepEqual(
        items.map(({ label }) => label),
        [],
      );
      return;
    }
    const item = items.find(({ label }) => label === take);
    assert.ok(
      item,
      items
        .map(({ label }) => label)
        .slice(0, 20)
        .join(),
    );
    const comma = item.comma === undefined ? [] : [{ start: item.comma, end: item.comma, text: ',' }];
    assert.ok(
      applyEdits(text, [{ ...item.replace, text: withoutPlaceholders(item.insert) }, ...comma]).includes(gives),
    );
  });
}

test('aliases of aliases cost one pass, and what is wrong in what they stand for is said once', () => {
  const count = 3000;
  const links = Array.from({ length: count }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`);
  const began = process.cpuUsage();
  const { problems } = parseYamlText(`a0: &a0 [*lost]\n${links.join('\n')}\n`);
  const { user } = process.cpuUsage(began);
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['not valid YAML: nothing is called &lost'],
  );
  assert.ok(user < 5_000_000, `${user / 1000} ms`);
});
