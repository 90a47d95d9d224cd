import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exportImage } from '../../../extension/engine/browse/export-image.ts';
import { openBrowser } from '../../../extension/engine/browse/open-browser.ts';
import { readImagesSection } from '../../../extension/engine/docker-images/images-section.ts';
import { readSavedImages } from '../../../extension/engine/docker-images/saved-images.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { readSections } from '../../../extension/engine/sections/reader.ts';
import { listImages03 } from '../../../extension/manifest/wrapper/list-images-03.ts';
import { type PackFolderOptions, packFolder } from '../../../extension/manifest/wrapper/packing/pack-folder.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { olderPackage } from '../../support/version-1.ts';
import { type Files, savedImage, WRAPPER_03, writeWrapper } from '../../support/wrapper-03.ts';

const blake3 = fastestBlake3();
/** Without images of its own. */
const { 'docker-images/x86_64.tar': _amd64, 'docker-images/aarch64.tar': _arm64, ...BARE } = WRAPPER_03;
const TAG = 'start9/hello-world/main:1.0.0';

async function place(files: Files = BARE) {
  const temporary = await temporaryFolder();
  const folder = join(temporary.path, 'wrapper');
  await writeWrapper(folder, files);
  const write = async (name: string, bytes: Uint8Array) => {
    await writeFile(join(temporary.path, name), bytes);
    return join(temporary.path, name);
  };
  const pack = (images: PackFolderOptions['images'], more: Partial<PackFolderOptions> = {}) =>
    packFolder({ folder, blake3, git: 'none', env: {}, images: images ?? [], ...more });
  return { ...temporary, root: temporary.path, folder, write, pack };
}

/** Tags by archive of what was packed. */
async function tagsIn(path: string): Promise<Record<string, readonly (readonly string[] | undefined)[]>> {
  const { sections } = await readSections(new MemorySource(await readFile(path)));
  const { archives } = await readImagesSection(sections.get('docker_images') ?? new MemorySource(new Uint8Array(0)));
  const found: Record<string, readonly (readonly string[] | undefined)[]> = {};
  for (const [name, archive] of archives)
    found[name] = ((await readSavedImages(archive)) ?? []).map(({ tags }) => tags);
  return found;
}

test('images that docker saved are packed under the tags of the package, whatever theirs were', async () => {
  await using at = await place();
  const images = [
    { id: 'main', arch: 'x86_64', path: await at.write('a.tar', savedImage('amd64', 'web:latest')) },
    { id: 'main', arch: 'aarch64', path: await at.write('b.tar.gz', gzipSync(savedImage('arm64'))) },
  ];
  const { made, findings } = await at.pack(images);
  assert.ok(made?.generation === '0.3', JSON.stringify(findings));
  assert.ok(made.package.report.complete);
  assert.deepEqual(made.package.architectures, ['aarch64', 'x86_64']);
  assert.deepEqual(await tagsIn(made.package.path), { 'aarch64.tar': [[TAG]], 'x86_64.tar': [[TAG]] });
  const names = await readdir(at.folder);
  assert.ok(!names.includes('docker-images') && names.every((name) => !name.includes('.tmp-')));
  const bytes = await readFile(made.package.path);
  await at.pack(images);
  assert.ok(bytes.equals(await readFile(made.package.path)), 'the same images give the same bytes');
});

test('an OCI layout is packed, and its own images are not looked at', async () => {
  // A Dockerfile that would send the key to a builder: nothing is built.
  await using at = await place({
    ...WRAPPER_03,
    'docker-images/x86_64.tar': 'half of a tar',
    Dockerfile: 'FROM scratch\nCOPY lost /\n',
  });
  const layout = join(at.root, 'layout');
  const browser = await openBrowser(new MemorySource(olderPackage()), blake3);
  await exportImage(browser, { id: 'main', arch: 'x86_64', format: 'oci', output: layout });
  const { made, findings } = await at.pack([{ id: 'main', path: layout }], { arch: ['x86_64'] });
  assert.ok(made?.generation === '0.3', JSON.stringify(findings));
  assert.deepEqual(await tagsIn(made.package.path), { 'x86_64.tar': [[TAG]] });
  const packed = await openBrowser(new MemorySource(await readFile(made.package.path)), blake3);
  const content = await packed.content(await packed.nodeAt('images/x86_64.tar/main/root/etc/hostname'));
  assert.equal(Buffer.from((await content?.read(0, 9)) ?? []).toString(), 'amd64\n');
});

test('a wrapper that names one archive gets one', async () => {
  const yaml = YAML_03.replace('  icon: icon.png', '  icon: icon.png\n  docker-images: image.tar');
  await using at = await place({ ...BARE, 'manifest.yaml': yaml });
  const path = await at.write('a.tar', savedImage('amd64'));
  const { made, findings } = await at.pack([{ id: 'main', arch: 'x86_64', path }]);
  assert.ok(made, JSON.stringify(findings));
  assert.deepEqual(await tagsIn(made.package.path), { 'image.tar': [[TAG]] });
});

test('the images of a wrapper are listed with their archives, and whether those can be packed', async () => {
  const other = savedImage('arm64', 'start9/hello-world/main:0.9.0');
  await using at = await place({ ...WRAPPER_03, 'docker-images/aarch64.tar': other, Dockerfile: 'FROM scratch\n' });
  const list = async () => {
    const { images } = (await listImages03(at.folder, { ids: [], arch: [] })) ?? { images: [] };
    return images.map(({ archives, ...image }) => ({ ...image, states: archives.map(({ state }) => state) }));
  };
  const main = { id: 'main', tag: TAG, dockerfile: 'Dockerfile' };
  for (const name of ['x86_64', 'aarch64'])
    await utimes(join(at.folder, 'docker-images', `${name}.tar`), 0, Date.now() / 1000 + 60);
  assert.deepEqual(await list(), [{ ...main, states: ['other', 'current'] }]);
  await utimes(join(at.folder, 'Dockerfile'), 0, Date.now() / 1000 + 120);
  assert.deepEqual(await list(), [{ ...main, states: ['outdated', 'outdated'] }]);
  await rm(join(at.folder, 'docker-images'), { recursive: true });
  assert.deepEqual(await list(), [{ ...main, states: ['missing', 'missing'] }]);
});

test('what cannot be taken is said, all of it, and nothing is made', async () => {
  await using at = await place();
  const good = await at.write('good.tar', savedImage('amd64'));
  const root = await at.write('root.tar', tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: 'root' }]));
  const cases: readonly (readonly [NonNullable<PackFolderOptions['images']>, string[]])[] = [
    [[{ id: 'web', arch: 'x86_64', path: good }], ['image-source-invalid', 'image-source-missing']],
    [[{ id: 'main', arch: 'aarch64', path: good }], ['image-source-invalid']],
    [[{ id: 'main', arch: 'x86_64', path: root }], ['image-source-invalid']],
    [[{ id: 'main', arch: 'x86_64', path: join(at.root, 'nowhere.tar') }], ['image-source-invalid']],
    [[{ id: 'main', arch: 'riscv64', path: good }], ['arch-unsupported']],
  ];
  for (const [images, expected] of cases) {
    const { made, findings } = await at.pack(images);
    assert.equal(made, undefined);
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error').map(({ code }) => code),
      expected,
      JSON.stringify(findings),
    );
    assert.ok((await readdir(at.folder)).every((name) => !name.endsWith('.s9pk') && !name.includes('.tmp-')));
  }
});

test('what podman saves, which puts localhost/ before tags, is packed under the tags of the package', async () => {
  await using at = await place({ ...BARE, Dockerfile: 'FROM scratch\n', '.dockerignore': '.startos\n' });
  const bin = join(at.root, 'bin');
  await mkdir(bin);
  for (const [platform, arch] of [
    ['amd64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
  ] as const)
    await at.write(`saved-${arch.replace('/', '-')}.tar`, savedImage(platform, `localhost/${TAG}`));
  // As podman 4.3 does: build remembers the platform, save writes an archive of docker's form.
  const program = `#!/bin/sh
case "$1" in
  build) echo "$3" | /usr/bin/tr / - > ${bin}/platform ;;
  save) /bin/cp ${at.root}/saved-$(/bin/cat ${bin}/platform).tar "$5" ;;
  *) echo 'podman version 4.3.1' ;;
esac
`;
  await writeFile(join(bin, 'podman'), program, { mode: 0o755 });
  const { made, findings } = await at.pack([], { env: { PATH: bin }, build: 'auto' });
  assert.ok(made?.generation === '0.3', JSON.stringify(findings));
  assert.deepEqual(await tagsIn(made.package.path), { 'aarch64.tar': [[TAG]], 'x86_64.tar': [[TAG]] });
});

test('a step that fails with podman is at its line of the Dockerfile', async () => {
  const dockerfile = 'FROM scratch\nCOPY a \\\n  b /\nRUN ["/bin/false", "x"]\n';
  await using at = await place({ ...BARE, Dockerfile: dockerfile, '.dockerignore': '.startos\n', a: 'a', b: 'b' });
  const bin = join(at.root, 'bin');
  await mkdir(bin);
  // In the words of podman 4.3.
  const failing = (step: string) =>
    `#!/bin/sh\n[ "$1" = build ] || exit 0\necho 'Error: building at STEP "${step}": while running runtime: exit status 1' >&2\nexit 125\n`;
  for (const [step, line] of [
    ['RUN /bin/false x', 4],
    ['COPY a   b /', 2],
  ] as const) {
    await writeFile(join(bin, 'podman'), failing(step), { mode: 0o755 });
    const { findings } = await at.pack([], { env: { PATH: bin }, build: 'auto' });
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error').map(({ code, where }) => [code, where.line]),
      [['dockerfile-failed', line]],
      JSON.stringify(findings),
    );
  }
});
