import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PAGE, qualityPage } from '../../../scripts/make-quality.ts';
import { foundMistakes } from '../../../scripts/quality/counts.ts';
import { table } from '../../../scripts/quality/markdown.ts';
import { FOLDER, SOURCES } from '../../../scripts/quality/sources.ts';
import { COMMITTED, committedResults } from '../../bench/standing/results.ts';
import { rowsOf } from '../../bench/standing/rows.ts';
import { keepResults, readParts } from '../../support/results.ts';
import { temporaryFolder } from '../../support/tools.ts';

const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

test('docs/quality.md says what the committed figures say', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), qualityPage(), 'run: npm run quality');
});

test('every file of figures has a command, which is documented, and there is no other file', () => {
  const contributing = readFileSync('CONTRIBUTING.md', 'utf8');
  for (const command of Object.values(SOURCES)) {
    const [, script = ''] = /^npm run ([\w:]+)/.exec(command) ?? [];
    assert.ok(script in scripts, command);
    assert.match(
      contributing,
      new RegExp(`npm run ${script}[^\\w:]`),
      `CONTRIBUTING.md does not list npm run ${script}`,
    );
  }
  const known = [...Object.keys(SOURCES), join(FOLDER, 'found.json')];
  assert.deepEqual(
    readdirSync(FOLDER).filter((name) => !known.includes(join(FOLDER, name))),
    [],
  );
});

test('what was found is kept by a test or an input that is there, found by a command that is there', () => {
  for (const { by, what, kept } of foundMistakes()) {
    assert.ok(existsSync(kept), `${kept}: ${what}`);
    assert.ok(by.replace('npm run ', '') in scripts, by);
  }
});

test('what the committed results say of each target is what the targets say today', async () => {
  if (!existsSync(COMMITTED)) return;
  const { targets } = JSON.parse(readFileSync(COMMITTED, 'utf8')) as { targets: { id: string; isMet?: boolean }[] };
  const rows = rowsOf(await committedResults());
  assert.deepEqual(
    targets.map(({ id, isMet }) => [id, isMet]),
    rows.map(({ target, isMet }) => [target.id, isMet]),
    'run: npm run bench -- --from bench/results.json --save',
  );
});

test('a part that runs leaves the figures of the others as they were; without a folder nothing is kept', async () => {
  await using folder = await temporaryFolder();
  const before = process.env['S9PK_RESULTS'];
  try {
    process.env['S9PK_RESULTS'] = folder.path;
    await keepResults('some', { b: { tried: 1 }, a: { tried: 2 } });
    await keepResults('some', { b: { tried: 3 } });
    delete process.env['S9PK_RESULTS'];
    await keepResults('some', { b: { tried: 4 } });
  } finally {
    if (before !== undefined) process.env['S9PK_RESULTS'] = before;
  }
  const parts = await readParts<{ tried: number }>(join(folder.path, 'some.json'));
  assert.deepEqual(
    Object.entries(parts).map(([name, { tried }]) => [name, tried]),
    [
      ['a', 2],
      ['b', 3],
    ],
  );
});

test('tables are as wide as what is in them, figures to the right', () => {
  assert.equal(
    table(
      ['What', 'Is:'],
      [
        ['ä', '1'],
        ['more', '1,000'],
      ],
    ),
    '| What |    Is |\n| ---- | ----: |\n| ä    |     1 |\n| more | 1,000 |',
  );
});
