import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { pack } from '../../../extension/engine/pack/pack.ts';
import {
  makeWrapper,
  type NewWrapperOptions,
  ScaffoldError,
  TEMPLATES,
} from '../../../extension/engine/scaffold/new-wrapper.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

const OPTIONS = {
  ...{ templates: resolve('templates'), id: 'my-service', title: 'My Service', tag: 'nginx:1.29-alpine' },
  ...{ port: 8123, year: 2026 },
};

function make(folder: string, more: Partial<NewWrapperOptions> = {}) {
  return makeWrapper({ ...OPTIONS, template: 'dockerfile', folder, ...more });
}

for (const template of TEMPLATES) {
  test(`a wrapper made from the template ${template} has no problems, and packs and verifies untouched`, async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'my-service');
    const { files, isNewKey } = await make(folder, { template });
    assert.equal(isNewKey, true);
    assert.ok(files.includes('package.json') && files.includes('.gitignore') && files.includes('startos/main.ts'));
    for (const file of files) {
      assert.doesNotMatch(await readFile(join(folder, file), 'utf8'), /__[A-Z]+__/, `${file} has a gap`);
    }
    // The packages that it installs are those of this project.
    await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
    await tool(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '--noEmit'], { cwd: folder });
    const tar = join(temporary.path, 'root.tar');
    await writeFile(
      tar,
      tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: '' }, { name: 'etc/group', content: '' }]),
    );
    const arches = template === 'tag' ? ['x86_64', 'aarch64'] : ['x86_64', 'aarch64', 'riscv64'];
    const images = arches.map((arch) => ({ id: 'main', arch, path: tar }));
    const { made, findings } = await pack({ folder, images, git: 'none', blake3: fastestBlake3() });
    assert.ok(made, JSON.stringify(findings));
    assert.deepEqual(
      findings.filter(({ severity }) => severity !== 'info'),
      [],
    );
    assert.equal(made.report.complete, true);
    assert.equal(made.report.manifest?.id, 'my-service');
    assert.deepEqual(made.report.manifest?.images.get('main')?.arch, [...arches].sort());
  });
}

test('a folder with something in it is left alone; one with a repository is taken', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'taken');
  await mkdir(join(folder, '.git'), { recursive: true });
  await make(folder);
  assert.ok(existsSync(join(folder, '.git')) && existsSync(join(folder, 'package.json')));
  await assert.rejects(make(folder), ScaffoldError);
  assert.deepEqual(await readdir(temporary.path), ['taken'], 'nothing is left beside it');
});

test('a key from the folder up is used, and what will not do is refused before anything is made', async () => {
  await using temporary = await temporaryFolder();
  const first = await make(join(temporary.path, 'workspace'));
  const second = await make(join(temporary.path, 'workspace', 'second'));
  assert.deepEqual([second.isNewKey, second.key], [false, first.key]);
  for (const wrong of [
    { id: 'My Service' },
    { id: '' },
    { title: "It's" },
    { title: 'two\nlines' },
    { port: 0 },
    { port: 70_000 },
    { template: 'tag' as const, tag: "x' evil" },
  ]) {
    await assert.rejects(make(join(temporary.path, 'wrong'), wrong), ScaffoldError, JSON.stringify(wrong));
  }
  assert.equal(existsSync(join(temporary.path, 'wrong')), false);
});
