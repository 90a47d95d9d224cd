import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { child, nodeAt } from '../../../extension/manifest/meaning/data-tree.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { toPlain } from '../../../extension/manifest/meaning/plain-value.ts';
import { evaluateManifest, type World } from '../../../extension/manifest/meaning/worlds.ts';
import { findManifest } from '../../../extension/manifest/wrapper/find-manifest.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';

/** Wrappers with manifests as real ones are written, and what they say under each environment. */
interface Expected {
  readonly version?: string;
  readonly worlds: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly findings: readonly string[];
}

const nameOf = ({ environment }: World) => [...environment].map(([name, value]) => `${name}=${value}`).join(' ');

for (const name of ['gpu-variants', 'i18n-modules', 'arch-from-env']) {
  const folder = resolve('test/fixtures/wrappers', name);
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as Expected;

  test(`${name} is evaluated without running it`, async () => {
    const found = await findManifest(folder);
    assert.ok(found?.reading);
    const { worlds } = found.reading;
    for (const [environment, values] of Object.entries(expected.worlds)) {
      const world = worlds.find((candidate) => nameOf(candidate) === environment);
      assert.ok(world, `no world ${environment}: ${worlds.map(nameOf)}`);
      for (const [pointer, value] of Object.entries(values)) {
        const node = nodeAt(world.manifest, pointer);
        assert.ok(node, `${environment} has no ${pointer}`);
        const actual = node.kind === 'unknown' ? '(unknown)' : JSON.parse(JSON.stringify(toPlain(node)));
        assert.deepEqual(actual, value, `${environment} ${pointer}`);
      }
    }
    const version = child(worlds[0].version, 'version');
    assert.equal(version?.kind === 'value' ? version.value : undefined, expected.version);
  });

  test(`${name} has no finding it should not have`, async () => {
    const { findings } = await lintWrapper(folder, { manifestOnly: true });
    assert.deepEqual(
      findings.flatMap(({ code, severity }) => (severity === 'info' ? [] : [code])),
      expected.findings,
    );
  });
}

/** Evaluates one module and gives what `manifest` is. */
async function evaluate(text: string): Promise<unknown[]> {
  const file = '/w/startos/manifest/index.ts';
  const modules = await Modules.load(file, async (path) => (path === file ? text : undefined));
  assert.ok(modules);
  return evaluateManifest(modules).map(({ manifest }) => JSON.parse(JSON.stringify(toPlain(manifest))));
}

test('what cannot be known is null and open, never wrong', async () => {
  const text = 'export const manifest = { a: f(), b: x ? 1 : 2, c: [...g()], d: `$' + '{h}`, ...i }';
  const [manifest] = await evaluate(text);
  assert.deepEqual(manifest, { a: null, b: null, c: [], d: null });
});

test('expressions that manifests are computed with', async () => {
  const [manifest] = await evaluate(`
    const base = { a: 1, b: { c: 'd' } }
    const list = ['x', 'y']
    export const manifest = {
      ...base, a: 2, m: base.b.c, i: base['b']['c'], l: [...list, 'z'], first: list[0], has: list.includes('y'),
      not: !false, or: null || 'e', nullish: null ?? 'f', and: 'g' && 'h', sum: 'a' + 1, size: 4 * 1024 ** 2,
      eq: 'a' === 'a', cond: 1 !== 2 ? 'yes' : 'no', neg: -1, typed: <any>undefined ?? ('k' as const), [computed]: 1,
    }`);
  assert.deepEqual(manifest, {
    ...{ b: { c: 'd' }, a: 2, m: 'd', i: 'd', l: ['x', 'y', 'z'], first: 'x', has: true, not: true, or: 'e' },
    ...{ nullish: 'f', and: 'h', sum: 'a1', size: 4194304, eq: true, cond: 'yes', neg: -1, typed: null },
  });
});

test('names that stand for themselves and spreads that multiply end', async () => {
  const bomb = Array.from({ length: 30 }, (_, index) => `const a${index + 1} = [...a${index}, ...a${index}]`).join(
    '\n',
  );
  await evaluate('const a = b; const b = a; export const manifest = { a, ...a }');
  await evaluate(`const a0 = [1]\n${bomb}\nexport const manifest = { list: a30 }`);
});

test('the combinations of environment variables are bounded', async () => {
  const lines = Array.from({ length: 12 }, (_, index) => `k${index}: process.env.V${index} === 'x'`).join(', ');
  const worlds = await evaluate(`export const manifest = { ${lines} }`);
  assert.equal(worlds.length, 16);
});

test('files that are imported in a circle are read once', async () => {
  let reads = 0;
  const files: Record<string, string> = {
    '/w/startos/manifest/index.ts':
      "import { b } from './b'\nexport const manifest = setupManifest({ b })\nexport const a = 1",
    '/w/startos/manifest/b.ts': "import { a } from './index'\nexport const b = [a]",
  };
  const modules = await Modules.load('/w/startos/manifest/index.ts', async (path) => {
    if (files[path]) reads++;
    return files[path];
  });
  assert.ok(modules);
  assert.deepEqual(JSON.parse(JSON.stringify(toPlain((evaluateManifest(modules)[0] as World).manifest))), { b: [1] });
  assert.equal(reads, 2);
});
