import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { LineTable, positionOf } from '../../../extension/engine/line-table.ts';
import { parseJson } from '../../../extension/engine/package/json.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { BASES } from '../../support/manifests.ts';

/** What is linear takes a second or two of a processor for so many lines; what is quadratic takes minutes. */
const LINES = 60_000;
const PATIENCE_MS = 15_000;

const lines = (line: (index: number) => string) => Array.from({ length: LINES }, (_, index) => line(index)).join('');
const inJson = (line: (index: number) => string) => `{${lines(line)}${BASES.json.trim().slice(1)}`;

/** Texts in which something stands very often, and what must be said of it. */
const SHAPES: Readonly<Record<string, { file: string; text: string; code: string }>> = {
  'unknown keys in JSON': { file: 'json', text: inJson((i) => `"key${i}": 1,\n`), code: 'manifest-unknown-key' },
  'objects in JSON': { file: 'json', text: inJson((i) => `"key${i}": {"a": 1},\n`), code: 'manifest-unknown-key' },
  'one key in JSON': { file: 'json', text: inJson(() => '"key": 1,\n'), code: 'manifest-key-twice' },
  'missing values in JSON': { file: 'json', text: inJson((i) => `"key${i}": ,\n`), code: 'manifest-json' },
  'unknown keys in YAML': {
    ...{ file: 'yaml', code: 'manifest-unknown-key' },
    text: BASES.yaml + lines((i) => `key${i}: 1\n`),
  },
  'maps in YAML': {
    ...{ file: 'yaml', code: 'manifest-unknown-key' },
    text: BASES.yaml + lines((i) => `key${i}:\n  a: 1\n`),
  },
  'one key in YAML': { file: 'yaml', text: BASES.yaml + lines(() => 'key: 1\n'), code: 'manifest-key-twice' },
  'unknown keys in TOML': {
    ...{ file: 'toml', code: 'manifest-unknown-key' },
    text: lines((i) => `key${i} = 1\n`) + BASES.toml,
  },
  'tables in TOML': {
    ...{ file: 'toml', code: 'manifest-unknown-key' },
    text: BASES.toml + lines((i) => `[key${i}]\na = 1\n`),
  },
  'dotted keys in TOML': {
    ...{ file: 'toml', code: 'manifest-unknown-key' },
    text: lines((i) => `key${i}.a = 1\n`) + BASES.toml,
  },
};

for (const [name, { file, text, code }] of Object.entries(SHAPES)) {
  test(`${LINES} times ${name} takes linear time, and is said as often as somebody reads`, async () => {
    const path = `/w/manifest.${file}`;
    const before = process.cpuUsage();
    const modules = await Modules.load(path, async (asked) => (asked === path ? text : undefined));
    assert.ok(modules);
    const reading = readManifest(modules, { neighbours: ['startos', 'instructions.md'] });
    assert.ok(reading);
    const findings = lintManifest(reading).filter((found) => found.code === code);
    const { user, system } = process.cpuUsage(before);
    assert.equal(findings.length, BUDGET.findingsOfOneCode + 1);
    assert.equal(findings.filter(({ message }) => /^and \d{3,} more of the same kind$/.test(message)).length, 1);
    assert.ok(findings.every(({ where }) => where.file === path && where.line !== undefined));
    assert.ok((user + system) / 1000 < PATIENCE_MS, `${(user + system) / 1000} ms`);
  });
}

test('of the JSON in a package no more is said than somebody reads, in linear time', () => {
  const before = process.cpuUsage();
  for (const text of [inJson(() => '"key": 1,\n'), inJson((i) => `"key${i}": ,\n`), inJson((i) => `"k${i}": 1e999,\n`)])
    assert.equal(parseJson(text).findings.length, BUDGET.findingsOfOneCode + 1);
  const { user, system } = process.cpuUsage(before);
  assert.ok((user + system) / 1000 < PATIENCE_MS, `${(user + system) / 1000} ms`);
});

test('a place is where counting lines finds it, in whatever order is asked', () => {
  for (const text of ['', 'a', '\n', 'a\n\nbc\r\n\n', '\n\n\nend', 'ä\n😀x\n']) {
    const counted = (offset: number) => {
      const before = text.slice(0, offset);
      return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
    };
    const table = new LineTable(text);
    for (let offset = text.length; offset >= 0; offset--) {
      assert.deepEqual(table.position(offset), counted(offset));
      assert.deepEqual(positionOf(text, offset), counted(offset));
      assert.deepEqual(positionOf('other\ntext', 6), { line: 2, column: 1 });
    }
  }
});

test('nesting of YAML is counted before it is followed: a thread with a large stack would go all the way', async () => {
  const read = async (text: string) =>
    (await Modules.load('/w/manifest.yaml', async () => text))?.manifest.text.problems;
  const broken = `${'? '.repeat(300)}<<: ${'? '.repeat(9000)}`;
  const indented = Array.from({ length: 600 }, (_, level) => `${' '.repeat(level)}a:\n`).join('');
  for (const text of ['? '.repeat(16_000), '- ? '.repeat(16_000), broken, indented])
    assert.match((await read(text))?.[0]?.message ?? '', /nested in more than 500 lists and keys/, text.slice(0, 20));
  assert.deepEqual(await read(`long: |\n${'  - - - - - - - - - - - - - - - -\n'.repeat(100)}`), []);
  assert.match((await read('a: 1\n---\nb: 2\n'))?.[0]?.message ?? '', /only one document is read/);
});

test('of YAML and TOML no more is read than there is memory for', async () => {
  for (const file of ['/w/manifest.yaml', '/w/manifest.toml']) {
    const text = `# ${'x'.repeat(BUDGET.manifestYamlLength)}\n`;
    const modules = await Modules.load(file, async () => text);
    assert.match(modules?.manifest.text.problems[0]?.message ?? '', /no more than 2097152 are read/, file);
  }
});
