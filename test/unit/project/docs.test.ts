import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { FINDING_CODES } from '../../../extension/engine/finding-codes.ts';

const UNIT: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40, s: 1000 };
const SEVERITY = { error: 'Error', warning: 'Warning', info: 'Information' } as const;

test('every finding code has a page, and every page a code', () => {
  const pages = readdirSync('docs/findings').map((name) => name.replace(/\.md$/, ''));
  assert.deepEqual(pages.sort(), Object.keys(FINDING_CODES).sort());
});

test('every page says its code, its severity and how to mend it', () => {
  for (const [code, [, severity]] of Object.entries(FINDING_CODES)) {
    const text = readFileSync(`docs/findings/${code}.md`, 'utf8');
    assert.ok(text.startsWith(`# ${code}\n\n${SEVERITY[severity]} about `), code);
    assert.match(text, /\n## How to mend it\n\n\S/, code);
  }
});

test('every limit is explained with its value', () => {
  const rows = new Map(
    [...readFileSync('docs/limits.md', 'utf8').matchAll(/^\| `(\w+)` *\| *([\d,]+) ?(\w*)/gm)].map(
      ([, name = '', value = '', unit = '']) => [name, Number(value.replaceAll(',', '')) * (UNIT[unit] ?? 1)],
    ),
  );
  assert.deepEqual(Object.fromEntries([...rows].sort()), Object.fromEntries(Object.entries(BUDGET).sort()));
});

test('snippets are well-formed and their prefixes are ours', () => {
  for (const name of readdirSync('snippets')) {
    const snippets = JSON.parse(readFileSync(`snippets/${name}`, 'utf8')) as Record<
      string,
      { prefix: string | string[]; description: string; body: string[] }
    >;
    for (const [title, { prefix, description, body }] of Object.entries(snippets)) {
      assert.ok(
        [prefix].flat().every((word) => /^(?:s9pk|startos)-[a-z-]+$/.test(word)),
        title,
      );
      assert.ok(description.length > 0 && body.length > 1, title);
    }
  }
});
