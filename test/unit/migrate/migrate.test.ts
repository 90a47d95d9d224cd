import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { pack } from '../../../extension/engine/pack/pack.ts';
import { MARK_CODES } from '../../../extension/manifest/migrate/marks.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';
import { migrateFolder, planMigration } from '../../../extension/manifest/wrapper/migrating/migrate-folder.ts';
import { MigrationError } from '../../../extension/manifest/wrapper/migrating/migration-error.ts';
import { checkTypes, folderOf, installed, rootOf, TEMPLATES } from '../../support/migrations.ts';
import { sharedFolder, sharedPath } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { writeWrapper } from '../../support/wrapper-03.ts';

/** Every wrapper for 0.3 that there is: the example, those of test/fixtures/migrate, and the shared manifests. */

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
const names: string[] = [];

const oldOf = (name: string) => join(temporary.path, 'old', name);
const newOf = (name: string) => join(temporary.path, 'new', name);

before(async () => {
  temporary = await temporaryFolder();
  await cp('examples/hello-world-0.3', oldOf('hello-world'), { recursive: true });
  names.push('hello-world');
  for (const name of readdirSync('test/fixtures/migrate')) {
    await cp(join('test/fixtures/migrate', name), oldOf(name), { recursive: true });
    names.push(name);
  }
  if (sharedFolder) {
    const corpus = sharedPath('corpus', 'manifests-v1');
    for (const file of readdirSync(corpus).filter((entry) => /\.(?:yaml|toml)$/.test(entry))) {
      const name = `shared-${file.replace(/\.\w+$/, '')}`;
      await folderOf(join(corpus, file), oldOf(name));
      names.push(name);
    }
    assert.ok(names.length > 31);
  }
  for (const name of names) {
    await migrateFolder({ folder: oldOf(name), into: newOf(name), templates: TEMPLATES });
    await installed(newOf(name));
  }
});

after(() => temporary[Symbol.asyncDispose]());

test('every wrapper has no errors, and no warnings but what has to be decided', async () => {
  for (const name of names) {
    const { findings } = await lintWrapper(newOf(name));
    const others = findings.filter(({ code, severity }) => severity !== 'info' && !code.startsWith('migrate-'));
    assert.deepEqual(others, [], name);
  }
});

test('what has to be decided is a finding where the comment stands', async () => {
  for (const name of names) {
    const { decisions } = await planMigration({ folder: oldOf(name), into: newOf(name), templates: TEMPLATES });
    const { findings } = await lintWrapper(newOf(name));
    const found = findings.filter(({ code }) => MARK_CODES.some((known) => known === code));
    const places = found.map(({ code, message, where }) => `${where.file}:${where.line} ${code} ${message}`);
    const planned = decisions.map(
      (mark) => `${join(newOf(name), mark.file)}:${mark.line} ${mark.code} ${mark.message}`,
    );
    assert.deepEqual(places.sort(), planned.sort(), name);
  }
});

test('the types of all of them are right for the real SDK', async () => {
  const folder = join(temporary.path, 'new');
  await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
  const compilerOptions = { noEmit: true, noUnusedLocals: true, noUnusedParameters: true };
  const extended = '@start9labs/start-sdk/tsconfig.base.json';
  const project = { extends: extended, compilerOptions, include: ['*/startos'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
  await checkTypes(folder);
});

test('they pack and verify with images that were built elsewhere', async () => {
  const tar = join(temporary.path, 'root.tar');
  await writeFile(tar, rootOf());
  const packed = [];
  for (const name of names.slice(0, 10)) {
    const plan = await planMigration({ folder: oldOf(name), into: newOf(name), templates: TEMPLATES });
    const manifest = await readFile(join(newOf(name), 'startos/manifest/index.ts'), 'utf8');
    const arches = ['x86_64', 'aarch64'].filter((arch) => manifest.includes(`'${arch}'`));
    const ids = [...manifest.matchAll(/(\w+): \{\s*source:/g)].map(([, id = '']) => id);
    const images = ids.flatMap((id) => arches.map((arch) => ({ id, arch, path: tar })));
    const { made, findings } = await pack({ folder: newOf(name), images, git: 'none', blake3: fastestBlake3() });
    assert.ok(made, `${name}: ${JSON.stringify(findings)}`);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
      name,
    );
    assert.equal(made.report.complete, true, name);
    assert.equal(made.report.manifest?.id, plan.id);
    assert.equal(made.report.manifest?.version, plan.version.now);
    packed.push(name);
  }
  assert.ok(packed.length >= Math.min(names.length, 10));
});

test('a wrapper without a Dockerfile packs with the images that it had for 0.3', async () => {
  const folder = join(temporary.path, 'with-images');
  await writeWrapper(folder);
  const { plan } = await migrateFolder({ folder, templates: TEMPLATES });
  assert.ok(plan.decisions.some(({ code }) => code === 'migrate-image'));
  await installed(folder);
  const images = ['x86_64', 'aarch64'].map((arch) => ({
    ...{ id: 'main', arch },
    path: join(folder, 'docker-images', `${arch}.tar`),
  }));
  const { made, findings } = await pack({ folder, images, git: 'none', blake3: fastestBlake3() });
  assert.ok(made, JSON.stringify(findings));
  assert.equal(made.report.complete, true);
  assert.deepEqual(made.report.manifest?.images.get('main')?.arch, ['aarch64', 'x86_64']);
});

test('the same wrapper gives the same bytes, and again into the same folder nothing is written', async () => {
  const [name = ''] = names;
  const again = join(temporary.path, 'again');
  await migrateFolder({ folder: oldOf(name), into: again, templates: TEMPLATES });
  const { files } = await planMigration({ folder: oldOf(name), into: newOf(name), templates: TEMPLATES });
  for (const { path, state } of files) {
    assert.equal(state, 'same', path);
    assert.deepEqual(await readFile(join(again, path)), await readFile(join(newOf(name), path)), path);
  }
});

test('beside the old manifest nothing is deleted or replaced, and lists of patterns are continued', async () => {
  const folder = join(temporary.path, 'beside');
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  const old = await contentsOf(folder);
  const { plan } = await migrateFolder({ folder, templates: TEMPLATES });
  const now = await contentsOf(folder);
  for (const [path, text] of old) {
    const { state } = plan.files.find((file) => file.path === path) ?? { state: 'same' };
    assert.equal(now.get(path)?.slice(0, text.length), text, path);
    assert.equal(now.get(path) === text, state === 'same', path);
  }
  assert.ok(now.has('startos/main.ts') && now.get('.dockerignore')?.includes('.startos'));
  const second = await planMigration({ folder, templates: TEMPLATES });
  assert.deepEqual([...new Set(second.files.map(({ state }) => state))], ['same']);
  assert.deepEqual(second.decisions, plan.decisions);
});

test('a file that differs is in the way of all, until it is said to be replaced', async () => {
  const folder = join(temporary.path, 'taken');
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  await mkdir(join(folder, 'startos'));
  await writeFile(join(folder, 'startos', 'main.ts'), 'mine\n');
  const options = { folder, templates: TEMPLATES };
  await assert.rejects(migrateFolder(options), (error) => error instanceof MigrationError && error.isInTheWay);
  assert.equal(existsSync(join(folder, 'package.json')), false);
  assert.deepEqual(await readdir(join(folder, 'startos')), ['main.ts']);
  await migrateFolder({ ...options, overwrite: true });
  assert.match(await readFile(join(folder, 'startos', 'main.ts'), 'utf8'), /setupMain/);
  assert.equal((await readdir(folder)).filter((name) => name.includes('.tmp-')).length, 0);
});

test('what cannot be finished is taken back', async () => {
  const folder = join(temporary.path, 'no-room');
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  await writeFile(join(folder, 'startos'), 'a file\n');
  const old = await contentsOf(folder);
  const options = { folder, templates: TEMPLATES };
  await assert.rejects(migrateFolder(options), (error) => error instanceof MigrationError && error.isInTheWay);
  await assert.rejects(migrateFolder({ ...options, overwrite: true }));
  assert.deepEqual(await contentsOf(folder), old);
});

test('a cancellation leaves nothing, and a folder without a manifest for 0.3 is refused', async () => {
  const [name = ''] = names;
  const into = join(temporary.path, 'cancelled');
  const signal = AbortSignal.abort();
  await assert.rejects(migrateFolder({ folder: oldOf(name), into, templates: TEMPLATES, signal }));
  assert.equal(existsSync(into), false);
  await assert.rejects(planMigration({ folder: 'examples/hello-world', templates: TEMPLATES }), MigrationError);
});

async function contentsOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('.startos'));
  const found = new Map<string, string>();
  for (const entry of files) {
    const path = join(entry.parentPath, entry.name);
    found.set(path.slice(folder.length + 1), await readFile(path, 'utf8'));
  }
  return found;
}
