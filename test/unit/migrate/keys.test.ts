import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { describePlan } from '../../../extension/manifest/wrapper/migrating/describe-plan.ts';
import { migrateFolder, planMigration } from '../../../extension/manifest/wrapper/migrating/migrate-folder.ts';
import { folderOf, TEMPLATES } from '../../support/migrations.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What signs a migrated wrapper, what stays behind of the old one, and what cannot be migrated. */

async function workspace(more: Readonly<Record<string, string>> = {}) {
  const temporary = await temporaryFolder();
  const [folder, into] = [join(temporary.path, 'a', 'old'), join(temporary.path, 'b', 'new')];
  await folderOf('examples/hello-world-0.3/manifest.yaml', folder, { 'icon.svg': '<svg/>', ...more });
  return { ...temporary, path: temporary.path, folder, into, options: { folder, into, templates: TEMPLATES } };
}

test('the key of the old wrapper goes along, readable by its owner only', async () => {
  await using work = await workspace();
  const { path } = await createKey(work.folder);
  const plan = await planMigration(work.options);
  assert.deepEqual([plan.keyState, plan.keyFrom], ['copied', path]);
  assert.match(describePlan(plan), /signed with .*b.new..startos.build\.key\.pem, a copy of .*a.old/);
  const { key, isNewKey } = await migrateFolder(work.options);
  assert.equal(isNewKey, false);
  assert.deepEqual(await readFile(key), await readFile(path));
  assert.ok(existsSync(join(work.into, '.startos', '.gitignore')));
  if (process.platform !== 'win32') assert.equal((await stat(key)).mode & 0o777, 0o600);
  const again = await planMigration(work.options);
  assert.deepEqual([again.key, again.keyState], [key, 'found']);
});

test('a key above the old wrapper goes along too, and one above both is used where it lies', async () => {
  await using work = await workspace();
  await createKey(join(work.path, 'a'));
  assert.equal((await planMigration(work.options)).keyState, 'copied');
  await rm(join(work.path, 'a', '.startos'), { recursive: true });
  const { path } = await createKey(work.path);
  const { key, isNewKey, plan } = await migrateFolder(work.options);
  assert.deepEqual([key, isNewKey, plan.keyState], [path, false, 'found']);
  assert.equal(existsSync(join(work.into, '.startos')), false);
});

test('what the old wrapper had under names of the new one stays behind, and is said to', async () => {
  await using work = await workspace({ 'package.json': '{"name":"mine"}\n', 'extra.txt': 'goes along\n' });
  const plan = await planMigration(work.options);
  assert.deepEqual(plan.behind, ['package.json']);
  assert.match(describePlan(plan), /package\.json of the old wrapper stays behind/);
  const inPlace = await planMigration({ folder: work.folder, templates: TEMPLATES });
  assert.deepEqual(inPlace.behind, []);
  assert.match(describePlan(inPlace), /package\.json +another file is there/);
  assert.match(describePlan(inPlace, { overwrite: true }), /package\.json +replaced/);
});

test('why a folder cannot be migrated is said as it is', async () => {
  await using work = await workspace();
  const refusal = (folder: string) =>
    planMigration({ ...work.options, folder }).then(
      () => 'none',
      ({ name, message }: Error) => `${name} ${message}`,
    );
  const manifest = join(work.folder, 'manifest.yaml');
  assert.equal(await refusal(manifest), 'none');
  assert.match(await refusal(join(work.folder, 'Dockerfile')), /^MigrationError .* is a file; give the folder/);
  assert.match(await refusal(join(work.path, 'nowhere')), /^MigrationError there is no such folder: .*nowhere$/);
  await mkdir(join(work.path, 'empty'));
  assert.match(await refusal(join(work.path, 'empty')), /^MigrationError .*holds no manifest for StartOS 0\.3$/);
  await writeFile(manifest, 'id: older\ntitle: "open\nversion: [1\n');
  assert.match(await refusal(work.folder), /^MigrationError .*manifest\.yaml:\d+ cannot be read: not valid YAML/);
});
