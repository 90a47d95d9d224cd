import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { compareManifests, comparePackages, type Difference } from '../../../extension/engine/browse/compare.ts';
import { extract } from '../../../extension/engine/browse/extract.ts';
import { openBrowser } from '../../../extension/engine/browse/open-browser.ts';
import type { PackageNode } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { ScratchLayers } from '../../../extension/engine/browse/unpack-layer.ts';
import { fastestBlake3 } from '../../../extension/engine/hash/fastest-blake3.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { FileSource } from '../../../extension/engine/io/file-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { packFolder } from '../../../extension/manifest/wrapper/packing/pack-folder.ts';
import { archiveBytes } from '../../support/archives.ts';
import { childrenOf } from '../../support/children.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { validPackage } from '../../support/packages.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { type Files, WRAPPER_03, writeWrapper } from '../../support/wrapper-03.ts';

const blake3 = fastestBlake3();

async function pack(folder: string, files: Files = WRAPPER_03): Promise<string> {
  await writeWrapper(folder, files);
  const { made, findings } = await packFolder({ folder, blake3, git: 'none', build: 'never', env: {} });
  assert.ok(made, JSON.stringify(findings));
  return made.package.path;
}

const ROOT = 'images/x86_64.tar/main/root';

const walks = () => ({ before: new PackageWalk(), after: new PackageWalk() });

test('a package for StartOS 0.3 is a tree, down to the files that its layers give', async () => {
  await using temporary = await temporaryFolder();
  await using source = await FileSource.open(await pack(temporary.path));
  await using layers = new ScratchLayers();
  const browser = await openBrowser(source, blake3, layers.unpack);
  const paths: string[] = [];
  const walk = new PackageWalk();
  const list = async (node: PackageNode): Promise<void> => {
    for await (const child of walk.below(browser, node)) {
      paths.push(child.kind === 'directory' ? `${child.path}/` : child.path);
      if (child.isImage) await list(child);
    }
  };
  await list(browser.root);
  assert.deepEqual(walk.found.all(), []);
  assert.deepEqual(
    paths.filter((path) => !path.startsWith('images/aarch64.tar')),
    [
      'manifest.json',
      'LICENSE.md',
      'icon.png',
      'instructions.md',
      'images/',
      'images/x86_64.tar',
      'images/x86_64.tar/main/',
      'images/x86_64.tar/main/config.json',
      'images/x86_64.tar/main/layers/',
      'images/x86_64.tar/main/layers/01-layer.tar',
      'images/x86_64.tar/main/layers/01-layer.tar/etc/',
      'images/x86_64.tar/main/layers/01-layer.tar/etc/hostname',
      'images/x86_64.tar/main/layers/01-layer.tar/gone',
      'images/x86_64.tar/main/layers/02-layer.tar',
      'images/x86_64.tar/main/layers/02-layer.tar/.wh.gone',
      'images/x86_64.tar/main/layers/02-layer.tar/bin/',
      'images/x86_64.tar/main/layers/02-layer.tar/bin/sh',
      'images/x86_64.tar/main/layers/02-layer.tar/etc/',
      'images/x86_64.tar/main/layers/02-layer.tar/etc/hostname',
      'images/x86_64.tar/main/layers/02-layer.tar/sh',
      `${ROOT}/`,
      `${ROOT}/bin/`,
      `${ROOT}/bin/sh`,
      `${ROOT}/etc/`,
      `${ROOT}/etc/hostname`,
      `${ROOT}/sh`,
      'scripts/',
      'scripts/embassy.js',
    ],
  );
  const read = async (path: string) => {
    const content = await browser.content(await browser.nodeAt(path));
    return new TextDecoder().decode(await content?.read(0, content.size));
  };
  assert.equal(await read(`${ROOT}/etc/hostname`), 'amd64\n');
  assert.equal(JSON.parse(await read('manifest.json')).id, 'hello-world');
  assert.equal((await browser.follow(`${ROOT}/sh`))?.path, `${ROOT}/bin/sh`);
});

test('no content of a package that was changed is given', async () => {
  await using temporary = await temporaryFolder();
  const bytes = await readFile(await pack(temporary.path));
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  const browser = await openBrowser(new MemorySource(bytes), blake3);
  assert.ok((await childrenOf(browser, browser.root)).length > 3);
  await assert.rejects(async () => browser.content(await browser.nodeAt('LICENSE.md')), /signature/);
});

test('an image is extracted with links that lead into it', async () => {
  await using temporary = await temporaryFolder();
  await using source = await FileSource.open(await pack(temporary.path));
  const browser = await openBrowser(source, blake3);
  const target = join(temporary.path, 'out');
  const { files, findings } = await extract(browser, await browser.nodeAt(ROOT), target, {});
  assert.deepEqual([files, findings], [2, []]);
  assert.equal(await readlink(join(target, 'sh')), join('bin', 'sh'));
  assert.equal(await readFile(join(target, 'etc/hostname'), 'utf8'), 'amd64\n');
});

test('compressed layers are read from a folder that is gone afterwards', async () => {
  await using temporary = await temporaryFolder();
  const layer = gzipSync(tarOf([{ name: 'hello', content: 'hello\n' }]));
  const image = tarOf([
    { name: 'config.json', content: '{"architecture":"amd64"}' },
    { name: 'a/layer.tar', content: layer },
    {
      name: 'manifest.json',
      content: JSON.stringify([
        { Config: 'config.json', RepoTags: ['start9/hello-world/main:1.0.0'], Layers: ['a/layer.tar'] },
      ]),
    },
  ]);
  const file = await pack(temporary.path, { ...WRAPPER_03, 'docker-images/x86_64.tar': image });
  const scratch = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('s9pk-layers-'));
  const before = await scratch();
  await using source = await FileSource.open(file);
  {
    await using layers = new ScratchLayers();
    const browser = await openBrowser(source, blake3, layers.unpack);
    const content = await browser.content(await browser.nodeAt(`${ROOT}/hello`));
    assert.equal(new TextDecoder().decode(await content?.read(0, 10)), 'hello\n');
  }
  assert.deepEqual(await scratch(), before);
  const plain = await openBrowser(source, blake3);
  await assert.rejects(plain.nodeAt(`${ROOT}/hello`), /compressed/);
});

test('two packages are compared down to their images', async () => {
  await using temporary = await temporaryFolder();
  const first = await pack(join(temporary.path, 'a'));
  const second = await pack(join(temporary.path, 'b'), {
    ...WRAPPER_03,
    'manifest.yaml': YAML_03.replace('title: Hello World', 'title: Good Evening'),
    'docker-images/x86_64.tar': WRAPPER_03['docker-images/aarch64.tar'] ?? null,
  });
  await using a = await FileSource.open(first);
  await using b = await FileSource.open(second);
  const [before, after] = [await openBrowser(a, blake3), await openBrowser(b, blake3)];
  assert.deepEqual(await compareManifests(before, after), [
    { path: '/title', before: '"Hello World"', after: '"Good Evening"' },
  ]);
  const differences: Difference[] = [];
  for await (const difference of comparePackages(before, after, walks())) differences.push(difference);
  assert.deepEqual(
    differences.map(({ path }) => path),
    ['images/x86_64/main/etc/hostname', 'manifest.json'],
  );
  // Each is opened where the packages themselves have it.
  const image = 'images/x86_64.tar/main/root/etc/hostname';
  assert.deepEqual(
    differences.map(({ paths }) => paths),
    [
      { before: image, after: image },
      { before: 'manifest.json', after: 'manifest.json' },
    ],
  );
  for (const browser of [before, after]) assert.equal((await browser.nodeAt(image)).kind, 'file');
});

test('a package for 0.3 is compared with one for 0.4 of the same service: the same files are the same', async () => {
  await using temporary = await temporaryFolder();
  await using source = await FileSource.open(await pack(temporary.path));
  const older = await openBrowser(source, blake3);
  const attributes = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
  const file = (content: string, mode = 0o644): FsNode => ({
    ...attributes,
    mode,
    kind: 'file',
    content: new MemorySource(new TextEncoder().encode(content)),
  });
  const folder = (children: Record<string, FsNode>): DirectoryNode => ({
    ...attributes,
    mode: 0o755,
    kind: 'directory',
    children: new Map(Object.entries(children)),
  });
  const root = folder({
    etc: folder({ hostname: file('other\n') }),
    bin: folder({ sh: file('#!sh\n', 0o755) }),
    sh: { ...attributes, kind: 'symlink', target: '/bin/sh' },
  });
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  const images = { x86_64: { 'main.squashfs': sink.bytes(), 'main.json': '{}', 'main.env': '' } };
  const newer = await openBrowser(new MemorySource(await archiveBytes(validPackage({ images }))), blake3);
  const inImages: [string, object][] = [];
  for await (const { path, change, paths } of comparePackages(older, newer, walks())) {
    if (path.startsWith('images/x86_64')) inImages.push([`${change} ${path}`, paths]);
    if (paths.before !== undefined) assert.ok(await older.lookUp(paths.before), paths.before);
    if (paths.after !== undefined) assert.ok(await newer.lookUp(paths.after), paths.after);
  }
  const hostname = 'images/x86_64/main.squashfs/etc/hostname';
  assert.deepEqual(inImages, [
    [`changed ${hostname}`, { before: 'images/x86_64.tar/main/root/etc/hostname', after: hostname }],
    // What is made of the configuration for comparing is in the older package nowhere.
    ['changed images/x86_64/main.json', { after: 'images/x86_64/main.json' }],
  ]);
});
