import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { printJson } from '../../../extension/engine/package/json.ts';
import { applyEdits } from '../../../extension/manifest/edits/edit.ts';
import { fixesFor } from '../../../extension/manifest/fixes.ts';
import { complete } from '../../../extension/manifest/language/complete.ts';
import { entitiesOf, mentionAt, renameEntity } from '../../../extension/manifest/language/entities.ts';
import { hover } from '../../../extension/manifest/language/hover.ts';
import { lintManifest, type ManifestReading, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { toJson } from '../../../extension/manifest/meaning/plain-value.ts';
import { parseSdk } from '../../../extension/manifest/rules-04/sdk.ts';

/** A wrapper as start-sdk 3 wants it: what it depends on stands in startos/dependencies.ts. */
const ROOT = 'test/fixtures/wrappers/start-sdk-3/startos';
const NAMES = ['index.ts', 'manifest/index.ts', 'manifest/i18n.ts', 'versions/index.ts', 'utils.ts', 'dependencies.ts'];
const WRAPPER: Readonly<Record<string, string>> = Object.fromEntries(
  NAMES.map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]),
);

const MANIFEST = '/w/startos/manifest/index.ts';
const CODE = '/w/startos/dependencies.ts';

async function read(changes: Readonly<Record<string, string>> = {}, sdk = '3.0.3'): Promise<ManifestReading> {
  const files: Record<string, string> = { ...WRAPPER, ...changes };
  const modules = await Modules.load(MANIFEST, async (path) => files[path.replace('/w/startos/', '')]);
  const reading = modules && readManifest(modules, { sdk: parseSdk(sdk) });
  assert.ok(reading);
  return reading;
}

function changed(file: string, from: string, to: string): Record<string, string> {
  const text = WRAPPER[file] ?? '';
  assert.ok(text.includes(from), from);
  return { [file]: text.replace(from, () => to) };
}

function lint(reading: ManifestReading) {
  return lintManifest(reading).map(({ code, where }) => `${code} ${where.file} ${where.line}:${where.column}`);
}

test('a wrapper in the form of start-sdk 3 has no finding, and its dependencies are seen', async () => {
  const reading = await read();
  assert.deepEqual(lint(reading), []);
  const manifest = toJson(reading.worlds[0].manifest);
  assert.ok(manifest instanceof Map);
  const dependencies = manifest.get('dependencies');
  assert.ok(dependencies instanceof Map);
  assert.deepEqual([...dependencies.keys()], ['bitcoind', 'lnd', 'cln', 'coturn']);
  const explorer =
    '{"en_US":"Shows files","de_DE":"Shows files","es_ES":"Shows files","fr_FR":"Shows files","pl_PL":"Shows files"}';
  assert.equal(
    printJson(dependencies.get('lnd') ?? null),
    `{"description":${explorer},"metadata":{"title":"LND","icon":"https://example.org/lnd.svg"},"versionRange":">=0.21.1-beta:4","kind":"exists","optional":true}`,
  );
  assert.equal(printJson((dependencies.get('bitcoind') as Map<string, never>).get('optional') ?? null), 'false');
});

test('mistakes in dependencies.ts are found there, at their line', async () => {
  const cases: readonly [from: string, to: string, expected: readonly string[]][] = [
    ["'bitcoind', {", "'Bitcoin Node', {", [`manifest-id ${CODE} 5:42`]],
    ["'(>=28.4:29 && <29) || ", "'>>1 || ", [`manifest-range ${CODE} 10:5`]],
    [
      "kind: 'running',\n  healthChecks: ['b",
      "kind: 'runs',\n  healthChecks: ['b",
      [`manifest-dependency ${CODE} 11:9`],
    ],
    ["metadata: { title: 'Bitcoin', ", 'metadata: { ', [`manifest-dependency ${CODE} 8:3`]],
    [
      "kind: 'running',\n  healthChecks: ['b",
      "kinds: 'running',\n  healthChecks: ['b",
      [`manifest-key-misspelt ${CODE} 11:3`, `manifest-dependency ${CODE} 12:3`],
    ],
  ];
  for (const [from, to, expected] of cases)
    assert.deepEqual(lint(await read(changed('dependencies.ts', from, to))).sort(), [...expected].sort(), from);
  const empty = changed('utils.ts', "'>=4.6.0:1'", "'>=4.6.0:1 <4'");
  assert.deepEqual(lint(await read(empty)), ['manifest-range-empty /w/startos/utils.ts 2:35']);
});

test('what the manifest says itself has no effect beside dependencies in code', async () => {
  const reading = await read(
    changed('manifest/index.ts', '  hardwareVirtualization', '  dependencies: {},\n  hardwareVirtualization'),
  );
  assert.deepEqual(
    lintManifest(reading).map(({ code }) => code),
    ['manifest-ignored'],
  );
});

test('ids are found, renamed and completed in the code like keys of the manifest', async () => {
  const reading = await read();
  const text = WRAPPER['dependencies.ts'] ?? '';
  const at = text.indexOf("'bitcoind', {") + 3;
  const mentions = entitiesOf(reading);
  const mention = mentionAt(mentions, CODE, at);
  assert.deepEqual([mention?.kind, mention?.id, mention?.isDeclaration], ['dependency', 'bitcoind', true]);
  assert.ok(mention);
  const renamed = applyEdits(text, renameEntity(mentions, mention, 'bitcoin-core'));
  assert.ok(renamed.includes("sdk.Dependency.required('bitcoin-core', {"));
  const coturn = mentions.find(({ id }) => id === 'coturn');
  assert.deepEqual(
    [coturn?.file, coturn?.render],
    ['/w/startos/utils.ts', undefined],
    'a constant may be used elsewhere',
  );
  assert.ok(complete(reading, CODE, at).some(({ label, insert }) => label === 'lnd' && insert === "'lnd'"));
  const keys = complete(
    await read(changed('dependencies.ts', '  // The node.', '  ')),
    CODE,
    text.indexOf('  // The node.') + 2,
  );
  assert.deepEqual(
    keys.map(({ label }) => label).filter((label) => label !== 's9pk'),
    [],
  );
  const without = changed(
    'dependencies.ts',
    "  kind: 'running',\n  healthChecks: ['bitcoind', 'sync-progress'],\n",
    '  \n',
  );
  const offset = (without['dependencies.ts'] ?? '').indexOf('29.3:29') + 12;
  const offered = complete(await read(without), CODE, offset).map(({ label }) => label);
  assert.ok(offered.includes('kind') && offered.includes('healthChecks'), offered.join());
});

test('keys in the code are explained, with the version that brought them', async () => {
  const reading = await read();
  const text = WRAPPER['dependencies.ts'] ?? '';
  const { markdown = '' } = hover(reading, CODE, text.indexOf('versionRange') + 2) ?? {};
  assert.match(markdown, /dependencies › bitcoind › versionRange/);
  assert.match(markdown, /since StartOS 0\.4\.0\.2, start-sdk 3\.0\.0/);
});

test('fixes change the code', async () => {
  const changes = changed('dependencies.ts', "'bitcoind', {", "'Bitcoin Node', {");
  const reading = await read(changes);
  const [found] = lintManifest(reading);
  assert.ok(found);
  const [fix] = fixesFor(found, reading);
  assert.equal(fix?.title, 'Rename to "bitcoin-node"');
  assert.ok(applyEdits(changes['dependencies.ts'] ?? '', fix.edits).includes("required('bitcoin-node', {"));
});

test('what cannot be seen makes the list open, and nothing is said of it', async () => {
  const text = WRAPPER['dependencies.ts'] ?? '';
  for (const code of [
    text.replace('.addDependency(bitcoind)', '.addDependency(compute())'),
    text.replace('sdk.Dependencies.of()', 'base()'),
    'export const dependencies = dependencies',
    'export const dependencies = a\nconst a = b\nconst b = a',
    `export const f = () => f()\nexport const dependencies = sdk.Dependencies.of().addDependency(f())`,
  ]) {
    const reading = await read({ 'dependencies.ts': code });
    assert.deepEqual(lint(reading), [], code.slice(0, 60));
  }
});

test('what makes the SDK throw when the bundle is loaded is found', async () => {
  const without = changed('utils.ts', "'>=4.6.0:1'", 'undefined');
  assert.deepEqual(lint(await read(without)), [`manifest-missing-key ${CODE} 30:39`]);
  const twice = changed('dependencies.ts', "node('cln', 'Core Lightning')", "node('lnd', 'LND again')");
  assert.deepEqual(
    lintManifest(await read(twice)).map(({ code }) => code),
    ['manifest-duplicate-key'],
  );
});

test('functions see what stands around them, not around who calls them; defaults see the parameters', async () => {
  const text = `import { sdk } from './sdk'
const v = '1.0.0:0'
const range = () => '>=' + v
const make = (v: string, other = '<' + v) => sdk.Dependency.required(v, {
  description: null, metadata: { title: v, icon: 'https://example.org/i.svg' }, versionRange: range(), kind: 'exists',
})
const limited = (ver: string, range = '>=' + ver) => sdk.Dependency.required('b', {
  description: null, metadata: { title: 'B', icon: 'https://example.org/i.svg' }, versionRange: range, kind: 'exists',
})
export const dependencies = sdk.Dependencies.of().addDependency(make('bogus')).addDependency(limited('1:0'))
`;
  assert.deepEqual(lint(await read({ 'dependencies.ts': text })), []);
});

test('texts and lists that double themselves end in what cannot be known', async () => {
  for (const [name, body, value] of [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code that is evaluated
    ['d', '(s: string) => `${s}${s}`', "'x'"],
    ['d', '(s: string) => s + s', "'x'"],
    ['d', '(s: string[]) => [...s, ...s]', "['x']"],
    ['d', '(s: object) => ({ ...s, ...s, a: { ...s } })', '{ a: 1 }'],
  ] as const) {
    const nested = Array.from({ length: 40 }).reduce<string>((inner) => `${name}(${inner})`, value);
    const change = changed('manifest/index.ts', "  title: 'Hello World',", `  title: ${nested},`);
    const start = performance.now();
    await read({ 'manifest/index.ts': `const ${name} = ${body}\n${change['manifest/index.ts']}` }).then(lint);
    assert.ok(performance.now() - start < 5000, body);
  }
});

test('escapes in templates are what they stand for', async () => {
  const text = `export const short = \`${'x'.repeat(118)}\\\`\\\`\`\nexport const long = 'x'\nexport const alert = 'x'\nexport default {}\n`;
  const codes = lintManifest(await read({ 'manifest/i18n.ts': text })).map(({ code }) => code);
  assert.ok(!codes.includes('manifest-description-length'), codes.join());
});

test('a slip is a warning although the SDK is newer than what is known', async () => {
  const reading = await read(changed('manifest/index.ts', 'hardwareVirtualization', 'hardwareVirtualisation'), '9.0.0');
  assert.deepEqual(
    lintManifest(reading).map(({ code }) => code),
    ['manifest-unknown-key'],
  );
});
