import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { FindingError } from '../../../extension/engine/finding.ts';
import { copies } from '../../../extension/engine/image/build/copies.ts';
import { readManifestSource } from '../../../extension/engine/pack/bundle/manifest-source.ts';
import { readStartosConfig } from '../../../extension/engine/upstream/startos-config.ts';
import { dataOfJson } from '../../../extension/manifest/meaning/data-of-json.ts';
import { exportedNames } from '../../../extension/manifest/rules-03/script-exports.ts';
import { ParseCache } from '../../../extension/manifest/text/parse.ts';
import { checkDockerfile } from '../../../extension/manifest/wrapper/docker/dockerfile.ts';
import { isIgnored } from '../../../extension/manifest/wrapper/docker/dockerignore.ts';
import { checkMakefile } from '../../../extension/manifest/wrapper/makefile.ts';
import { checkSubmodules } from '../../../extension/manifest/wrapper/submodules.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What a linear reading takes some milliseconds for. */
const SOON = 5000;

function soon<T>(read: () => T): T {
  const started = performance.now();
  const result = read();
  const took = performance.now() - started;
  assert.ok(took < SOON, `it took ${Math.round(took)} ms`);
  return result;
}

test('stars in a .dockerignore cost no more than a look', () => {
  for (const stars of ['*'.repeat(60), '**/'.repeat(60), '*?'.repeat(4) + '*'.repeat(60)])
    soon(() => assert.equal(isIgnored(`${stars}x`, '.startos'), false, stars));
  assert.equal(isIgnored('***', '.startos'), true);
  assert.equal(isIgnored('.s****s', '.startos'), true);
});

test('stars in a Dockerfile are matched with names in time that grows with their lengths', async () => {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.path, 'a'.repeat(200)), '');
  const file = join(temporary.path, 'Dockerfile');
  const sources = ['*'.repeat(40), '*a'.repeat(40), 'a*', '*a', 'a*a', `${'a'.repeat(101)}*${'a'.repeat(100)}`];
  await writeFile(file, sources.map((source) => `COPY ${source}b /x\nCOPY ${source} /x\n`).join(''));
  const started = performance.now();
  const found = await checkDockerfile(file, temporary.path);
  assert.ok(performance.now() - started < SOON);
  assert.deepEqual(
    found.map(({ where }) => where.line),
    [1, 3, 5, 7, 9, 11, 12],
    'only what ends in b, and what would overlap itself, is not there',
  );
});

test('an instruction of many lines is read once, comments and empty lines in it are passed over', () => {
  const long = `COPY \\\n${'a \\\n'.repeat(200_000)}/x\n`;
  soon(() => assert.equal(copies(long)[0]?.words.length, 200_001));
  assert.deepEqual(copies('FROM x\nCOPY a \\\n# why\n\n  b \\\n  /x\nADD c /y \\'), [
    { words: ['a', 'b', '/x'], line: 2 },
    { words: ['c', '/y'], line: 7 },
  ]);
});

test('a path in .gitmodules ends where its spaces begin, however many they are', async () => {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.path, '.gitmodules'), `\tpath = sub dir \t\n\tpath = a${' '.repeat(200_000)}b\n`);
  const started = performance.now();
  const found = await checkSubmodules(temporary.path);
  assert.ok(performance.now() - started < SOON);
  assert.match(found[0]?.message ?? '', /submodule sub dir is not there/);
  assert.equal(found.length, 2);
});

test('brackets that close nothing, and those that nobody closes, are counted before they are parsed', async () => {
  const storm = '}$\n'.repeat(50_000);
  soon(() => assert.equal(exportedNames(storm), undefined));
  const { problems } = soon(() => new ParseCache().parse('/w/startos/manifest/index.ts', storm));
  assert.match(problems[0]?.message ?? '', /more than 500 brackets are closed that were not opened/);
  assert.deepEqual([...(exportedNames(`${')'.repeat(100)}\nexport const a = 1`) ?? [])], ['a']);
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'w');
  const javascript = join(folder, 'javascript');
  for (const path of [javascript, join(folder, '.startos')]) await mkdir(path, { recursive: true });
  const silent = { log: () => undefined, onStage: () => undefined };
  for (const text of ['{a: '.repeat(60_000), '- '.repeat(20_000)]) {
    for (const name of ['manifest.yaml', 'javascript/index.js', '.startos/config.yaml'])
      await writeFile(join(folder, name), text);
    const started = performance.now();
    const { problems } = await readStartosConfig(folder, temporary.path);
    assert.equal(problems.length, 1, 'the settings are said to be unusable');
    const reading = readManifestSource({ folder, javascript, build: 'never', check: 'never', ...silent });
    await assert.rejects(
      reading,
      (error) => error instanceof FindingError && /not (?:usable|valid) YAML/.test(error.message),
    );
    assert.ok(performance.now() - started < SOON);
  }
});

test('an architecture that is called as what every object has is none', async () => {
  await using temporary = await temporaryFolder();
  const root = dataOfJson(new Map([['images', new Map([['main', new Map()]])]]));
  for (const name of ['constructor', '__proto__', 'toString']) {
    await writeFile(join(temporary.path, 'Makefile'), `ARCHES := ${name}\ninclude node_modules/s9pk.mk\n`);
    assert.deepEqual(await checkMakefile(temporary.path, root), [], name);
  }
});
