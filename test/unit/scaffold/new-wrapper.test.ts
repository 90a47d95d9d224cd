import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { pack } from '../../../extension/engine/pack/pack.ts';
import {
  makeWrapper,
  type NewWrapperOptions,
  ScaffoldError,
  TEMPLATES,
} from '../../../extension/engine/scaffold/new-wrapper.ts';
import { packFolder } from '../../../extension/manifest/wrapper/packing/pack-folder.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { savedImage } from '../../support/wrapper-03.ts';

const OPTIONS = {
  ...{ templates: resolve('templates'), id: 'my-service', title: 'My Service', tag: 'nginx:1.29-alpine' },
  ...{ port: 8123, year: 2026 },
};

function make(folder: string, more: Partial<NewWrapperOptions> = {}) {
  return makeWrapper({ ...OPTIONS, template: 'dockerfile', folder, ...more });
}

for (const template of TEMPLATES.filter((name) => name !== 'os-03')) {
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

test('a wrapper made for StartOS 0.3 has no problems, and packs and verifies with images for both architectures', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'my-service');
  const { files } = await make(folder, { template: 'os-03' });
  for (const file of files) assert.doesNotMatch(await readFile(join(folder, file), 'utf8'), /__[A-Z]+__/, file);
  await mkdir(join(folder, 'docker-images'));
  for (const [arch, platform] of [
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
  ] as const) {
    const image = savedImage(platform, 'start9/my-service/main:1.0.0');
    await writeFile(join(folder, 'docker-images', `${arch}.tar`), image);
  }
  const { made, findings } = await packFolder({ folder, git: 'none', build: 'never', blake3: fastestBlake3() });
  assert.deepEqual(
    findings.filter(({ severity }) => severity !== 'info'),
    [],
  );
  assert.ok(made?.generation === '0.3' && made.package.report.complete);
  await assert.rejects(make(join(temporary.path, 'other'), { template: 'os-03', id: 'service2' }), ScaffoldError);
});

test('the example for StartOS 0.3 is what its template makes', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'hello-world');
  const more = { template: 'os-03', id: 'hello-world', title: 'Hello World', port: 8080 } as const;
  const { files } = await make(folder, more);
  for (const file of files) {
    const own = await readFile(join(folder, file), 'utf8');
    assert.equal(await readFile(join('examples/hello-world-0.3', file), 'utf8'), own, file);
  }
});

test('its scripts answer as StartOS asks', async () => {
  const scripts = await import(pathToFileURL(resolve('examples/hello-world-0.3/scripts/embassy.js')).href);
  const files = new Map<string, string>();
  const effects = {
    readFile: async ({ path }: { path: string }) => {
      const text = files.get(path);
      if (text === undefined) throw new Error('not there');
      return text;
    },
    writeFile: async ({ path, toWrite }: { path: string; toWrite: string }) => files.set(path, toWrite),
  };
  assert.equal((await scripts.getConfig(effects)).result.config, undefined);
  assert.deepEqual((await scripts.migration(effects, '0.9.0', 'from')).result, { configured: false });
  assert.ok((await scripts.setConfig(effects, { greeting: 'Good day' })).result);
  assert.deepEqual((await scripts.getConfig(effects)).result.config, { greeting: 'Good day' });
  assert.deepEqual((await scripts.migration(effects, '0.9.0', 'from')).result, { configured: true });
});

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
