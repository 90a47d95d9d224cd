import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { isObject, type JsonValue, parseJson, toRawJson } from '../../../extension/engine/package/json.ts';
import { fixesFor } from '../../../extension/manifest/fixes.ts';
import { complete } from '../../../extension/manifest/language/complete.ts';
import { entitiesOf } from '../../../extension/manifest/language/entities.ts';
import { hover } from '../../../extension/manifest/language/hover.ts';
import { linksOf } from '../../../extension/manifest/language/links.ts';
import { documentSymbols } from '../../../extension/manifest/language/symbols.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { parseSdk } from '../../../extension/manifest/rules-04/sdk.ts';
import { BASES, FILES, type Kind, TYPESCRIPT_NEIGHBOURS } from '../../support/manifests.ts';
import { mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { bytesOf, type FuzzTarget, textOf } from '../target.ts';

/** Everything that an editor asks about a manifest, and what is wrong with it: nothing throws, and every finding has a place. */
async function readAll(file: string, files: ReadonlyMap<string, string>, random: Random): Promise<void> {
  const modules = await Modules.load(file, async (path) => files.get(path));
  const reading = modules && readManifest(modules, { sdk: parseSdk(random.pick(['2.0.9', '3.0.3'])) });
  if (!reading) return;
  const found = lintManifest(reading);
  for (const { code, message, where } of found) {
    const text = files.get(where.file ?? '');
    assert.ok(text !== undefined, `${code} is in no file: ${where.file}`);
    const line = text.split('\n')[(where.line ?? 0) - 1];
    assert.ok(line !== undefined, `${code} has no line: ${where.line}`);
    assert.ok((where.column ?? 0) >= 1 && (where.column ?? 0) <= line.length + 1, `${code} is beyond its line`);
    assert.ok(message !== '');
  }
  for (const item of found.slice(0, 20)) fixesFor(item, reading);
  for (const path of files.keys()) {
    // Those that are only there to be many.
    if (CHAIN.some(([name]) => name === path)) continue;
    const offset = random.below((files.get(path)?.length ?? 0) + 1);
    complete(reading, path, offset);
    hover(reading, path, offset);
  }
  entitiesOf(reading);
  linksOf(reading);
  documentSymbols(reading, file);
}

function lines(count: number, line: (number: number) => string): string {
  return Array.from({ length: count }, (_, number) => line(number)).join('\n');
}

/** Modules that import each other, more than are followed. */
const CHAIN = Array.from({ length: BUDGET.modules + 5 }, (_, n): [string, string] => [
  `/w/startos/manifest/m${n}.ts`,
  `import { m as next } from './m${n + 1}'\nexport const m = next\n`,
]);

/** Nesting, width and length, in the words of a language. */
function shapeOf(kind: Kind, random: Random): string {
  const limits = [BUDGET.manifestBrackets, BUDGET.manifestDepth, BUDGET.evaluatedDepth, BUDGET.modules] as const;
  const count = random.oneIn(3) ? random.near(random.pick(limits)) : random.size(20_000);
  const shapes: Readonly<Record<Kind, readonly [string, ...string[]]>> = {
    json: [
      `${'['.repeat(count)}`,
      `{"a":`.repeat(count),
      `{${'"a":1,'.repeat(count)}"id":"x"}`,
      `"${'x'.repeat(count)}"`,
      `{"id":"x","title":"${'x'.repeat(random.near(BUDGET.editedTextLength) - 23)}"}`,
      `{"id":${'['.repeat(count)}${']'.repeat(count)}}`,
    ],
    yaml: [
      `id: x\n${'- '.repeat(count)}`,
      Array.from({ length: Math.min(count, 600) }, (_, level) => `${' '.repeat(level)}k:`).join('\n'),
      `a0: &a0 [x]\n${Array.from({ length: Math.min(count, 40) }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`).join('\n')}\n`,
      `id: ${'{a: '.repeat(count)}`,
      `? `.repeat(count),
      `id: x\nmain: &m\n  <<: *m\n`,
      // As many nodes as aliases may add, by a hundred at once.
      `a: &a [${'x, '.repeat(99)}]\nb: [${'*a, '.repeat(random.near(BUDGET.aliasedNodes / 100))}]\n`,
      `id: x\n${'#'.repeat(random.near(BUDGET.editedTextLength) - 6)}`,
      `id: ${'['.repeat(count)}${']'.repeat(count)}`,
    ],
    toml: [
      `a = ${'['.repeat(count)}`,
      `${'a.'.repeat(count)}b = 1`,
      `[${'a.'.repeat(count)}b]`,
      `a = "${'\\u0061'.repeat(count)}"`,
      `a = ${'['.repeat(count)}${']'.repeat(count)}`,
    ],
    ts: [
      `export const manifest = setupManifest(${'('.repeat(count)}`,
      `const a0 = { x: 1 }\n${Array.from({ length: Math.min(count, 60) }, (_, n) => `const a${n + 1} = { ...a${n}, b: a${n}, c: a${n} }`).join('\n')}\nexport const manifest = setupManifest(a${Math.min(count, 60)})`,
      `export const manifest = setupManifest({ id: ${'a ? b : '.repeat(count)}c })`,
      `export const manifest = setupManifest({ id: ${'`${'.repeat(count)}`,
      `const a = b\nconst b = a\nexport const manifest = setupManifest(a)`,
      `export const manifest = setupManifest({ id: ${'x + '.repeat(count)}y })`,
      // As many nodes, levels, characters, combinations and modules as evaluating goes through.
      `const a0 = 'x'\n${lines(count, (n) => `const a${n + 1} = a${n}`)}\nexport const manifest = setupManifest({ id: a${count} })`,
      `const f0 = () => 'x'\n${lines(count, (n) => `const f${n + 1} = () => f${n}()`)}\nexport const manifest = setupManifest({ id: f${count}() })`,
      `const a0 = '${'x'.repeat(16)}'\n${lines(random.near(12), (n) => `const a${n + 1} = a${n} + a${n}`)}\nexport const manifest = setupManifest({ id: a${random.near(12)} })`,
      `export const manifest = setupManifest({ volumes: [${'1, '.repeat(random.oneIn(20) ? random.near(BUDGET.evaluatedNodes) : count)}] })`,
      `${lines(random.near(4), (n) => `const v${n} = process.env.V${n} ? 'a' : 'b'`)}\nexport const manifest = setupManifest({ id: v0 + v1 + v2 + v3 })`,
      `import { m as a } from './m0'\nexport const manifest = setupManifest({ id: a })`,
    ],
  };
  return random.pick(shapes[kind]);
}

/** Manifests in one of their languages. */
function manifestTarget(kind: Kind, covers: readonly string[]): FuzzTarget {
  const base = bytesOf(BASES[kind]);
  return {
    name: `manifest-${kind}`,
    covers,
    seeds: async () => [base],
    make: async (random) => bytesOf(shapeOf(kind, random)),
    mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),
    read(input, random) {
      const neighbours = Object.entries(TYPESCRIPT_NEIGHBOURS).map(([name, text]) => [`/w/${name}`, text] as const);
      return readAll(
        FILES[kind],
        new Map([...neighbours, ...(kind === 'ts' ? CHAIN : []), [FILES[kind], textOf(input)]]),
        random,
      );
    },
    ...(kind === 'json' && { compare: compareJson }),
  };
}

/** What the engine of JavaScript makes of it: what it reads we read, but for keys that stand twice and what is too deep. */
async function compareJson(input: Uint8Array): Promise<void> {
  const text = textOf(input);
  let theirs: unknown;
  try {
    theirs = JSON.parse(text);
  } catch {
    return;
  }
  const { value, findings } = parseJson(text);
  if (findings.length > 0) return;
  assert.ok(value !== undefined, 'JSON.parse reads it');
  assert.deepEqual(plain(value), JSON.parse(JSON.stringify(theirs)), 'JSON.parse');
}

function plain(value: JsonValue): unknown {
  return isObject(value) || Array.isArray(value) ? JSON.parse(JSON.stringify(toRawJson(value))) : value;
}

const ROOT = 'test/fixtures/wrappers/start-sdk-3/startos';
const NAMES = ['dependencies.ts', 'index.ts', 'manifest/index.ts', 'manifest/i18n.ts', 'versions/index.ts', 'utils.ts'];
/** Between two files of a wrapper that are one input. */
const NEXT_FILE = '\n//// next file\n';

/** What a wrapper for start-sdk 3 depends on, in its code. All its files are one input. */
const dependenciesTarget: FuzzTarget = {
  name: 'dependencies',
  covers: ['extension/manifest/meaning/{dependencies-in-code,evaluate,modules}.ts'],
  seeds: async () => [bytesOf(NAMES.map((name) => readFileSync(join(ROOT, name), 'utf8')).join(NEXT_FILE))],
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),
  read(input, random) {
    const texts = textOf(input).split(NEXT_FILE);
    const files = new Map(NAMES.map((name, index) => [`/w/startos/${name}`, texts[index] ?? '']));
    return readAll('/w/startos/manifest/index.ts', files, random);
  },
};

export const manifestTargets: readonly FuzzTarget[] = [
  manifestTarget('json', [
    'extension/manifest/{text/json-front,lint-manifest,fixes}.ts',
    'extension/engine/package/{json,parse-manifest,manifest-reader}.ts',
  ]),
  manifestTarget('yaml', [
    'extension/manifest/text/{yaml-front,parse}.ts',
    'extension/manifest/rules-03/{config-spec,former-keys,procedures,rules,schema-findings}.ts',
  ]),
  manifestTarget('toml', ['extension/manifest/text/toml-front.ts']),
  manifestTarget('ts', [
    'extension/manifest/text/{typescript-front,typescript-parser}.ts',
    'extension/manifest/meaning/{evaluate,data-tree,worlds}.ts',
    'extension/manifest/rules-04/*.ts',
  ]),
  dependenciesTarget,
];
