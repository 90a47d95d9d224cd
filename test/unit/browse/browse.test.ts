import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DirectoryEntry } from '../../../extension/engine/archive/entry.ts';
import { openArchive } from '../../../extension/engine/archive/reader.ts';
import { compareManifests, comparePackages } from '../../../extension/engine/browse/compare.ts';
import { extract, OccupiedError } from '../../../extension/engine/browse/extract.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import type { FindingError } from '../../../extension/engine/finding.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { archiveBytes, blake3 } from '../../support/archives.ts';
import { childrenOf } from '../../support/children.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 1_000_000_000 };
const folder = (children: Record<string, FsNode>): DirectoryNode => ({
  ...attributes,
  kind: 'directory',
  children: new Map(Object.entries(children)),
});
const text = (content: string, mode = 0o644): FsNode => ({
  ...attributes,
  mode,
  kind: 'file',
  content: new MemorySource(new TextEncoder().encode(content)),
});
const link = (target: string): FsNode => ({ ...attributes, mode: 0o777, kind: 'symlink', target });

const ROOT = folder({
  etc: folder({
    passwd: text('root:x:0:0\n'),
    'link-up': link('../bin/run'),
    'link-out': link('../../../../etc/shadow'),
  }),
  bin: folder({ run: text('#!/bin/sh\n', 0o4755), abs: link('/etc/passwd'), dangling: link('/nowhere') }),
  dev: folder({
    null: { ...attributes, kind: 'character', major: 1, minor: 3 },
    pipe: { ...attributes, kind: 'fifo' },
  }),
});

async function open(root: DirectoryEntry): Promise<PackageBrowser> {
  const bytes = await archiveBytes(root);
  const archive = await openArchive(new MemorySource(bytes), { blake3 });
  return new PackageBrowser(archive.root, blake3);
}

async function example(): Promise<PackageBrowser> {
  const sink = new MemorySink();
  await writeSquashfs(ROOT, sink, { blake3, label: 'test' });
  return open(
    validPackage({ images: { x86_64: { 'main.squashfs': sink.bytes(), 'main.json': '{}', 'main.env': '' } } }),
  );
}

const IMAGE = 'images/x86_64/main.squashfs';

test('a package and its images are one tree, listed by name', async () => {
  const browser = await example();
  const names = async (path: string) => {
    const node = await browser.lookUp(path);
    assert.ok(node, path);
    return (await childrenOf(browser, node)).map(({ name }) => name);
  };
  assert.deepEqual(await names(''), [
    'LICENSE.md',
    'assets.squashfs',
    'icon.svg',
    'images',
    'instructions.md',
    'javascript.squashfs',
    'manifest.json',
  ]);
  assert.deepEqual(await names(IMAGE), ['bin', 'dev', 'etc']);
  assert.deepEqual(await names(`${IMAGE}/etc`), ['link-out', 'link-up', 'passwd']);
  assert.equal((await browser.lookUp(`${IMAGE}/bin/abs`))?.target, '/etc/passwd');
  assert.equal((await browser.lookUp(`${IMAGE}/bin/run`))?.mode, 0o4755);
  assert.equal(await browser.lookUp(`${IMAGE}/nothing`), undefined);
  assert.equal(await browser.lookUp('icon.svg/inside'), undefined);
  const paths: string[] = [];
  for await (const { path } of new PackageWalk().below(browser, browser.root)) paths.push(path);
  assert.ok(paths.includes(IMAGE) && !paths.includes(`${IMAGE}/etc`));
});

test('contents come checked, from the package and from its images', async () => {
  const browser = await example();
  const node = await browser.lookUp(`${IMAGE}/etc/passwd`);
  const content = node && (await browser.content(node));
  assert.equal(content && Buffer.from(await readAll(content, 100)).toString(), 'root:x:0:0\n');
});

test('links are followed inside their image, and never out of it', async () => {
  const browser = await example();
  const follow = async (path: string) => (await browser.follow(`${IMAGE}/${path}`))?.path.slice(IMAGE.length);
  assert.equal(await follow('bin/abs'), '/etc/passwd');
  assert.equal(await follow('etc/link-up'), '/bin/run');
  assert.equal(await follow('etc/link-out'), undefined, 'there is no /etc/shadow in the image');
  assert.equal(await follow('bin/dangling'), undefined);
  const sink = new MemorySink();
  const root = folder({
    a: link('b'),
    b: link('/a'),
    up: link('../../../../manifest.json'),
    'manifest.json': text('mine'),
  });
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  const circles = await open(validPackage({ images: { x86_64: { 'main.squashfs': sink.bytes() } } }));
  await assert.rejects(circles.follow(`${IMAGE}/a`), /circles/);
  assert.equal((await circles.follow(`${IMAGE}/up`))?.path, `${IMAGE}/manifest.json`);
});

test('what is no image is said to be none', async () => {
  const browser = await open(validPackage());
  const node = await browser.lookUp(IMAGE);
  assert.ok(node);
  await assert.rejects(
    childrenOf(browser, node),
    (error: FindingError) => error.findings[0]?.code === 'image-unreadable',
  );
});

test('an image is extracted with its links inside it, without devices and rights', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'out');
  const browser = await example();
  const node = await browser.lookUp(IMAGE);
  assert.ok(node);
  const { findings, files } = await extract(browser, node, target, { intoImage: true });
  assert.equal(files, 2);
  assert.deepEqual(
    findings.map(({ code, where }) => [code, where.path]),
    [
      ['extract-skipped', `${IMAGE}/dev/null`],
      ['extract-skipped', `${IMAGE}/dev/pipe`],
    ],
  );
  assert.equal(await readFile(join(target, 'etc', 'passwd'), 'utf8'), 'root:x:0:0\n');
  assert.equal((await stat(join(target, 'bin', 'run'))).mode & 0o7777, 0o755, 'not setuid');
  assert.equal((await stat(join(target, 'bin', 'run'))).mtimeMs, 1_000_000_000_000);
  // A link to the image's root leads to the target folder, wherever that is.
  assert.equal(await readlink(join(target, 'bin', 'abs')), '../etc/passwd');
  assert.equal(await readlink(join(target, 'etc', 'link-up')), '../bin/run');
  assert.equal(await readlink(join(target, 'etc', 'link-out')), 'shadow');
  assert.deepEqual(await readdir(temporary.path), ['out']);
});

test('of a folder in an image, links that lead out of it are left out', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'out');
  const browser = await example();
  const node = await browser.lookUp(`${IMAGE}/etc`);
  assert.ok(node);
  const { findings } = await extract(browser, node, target, {});
  assert.deepEqual(
    findings.map(({ where }) => where.path),
    [`${IMAGE}/etc/link-up`],
  );
  assert.deepEqual((await readdir(target)).sort(), ['link-out', 'passwd']);
});

test('a whole package and a single file are extracted', async () => {
  await using temporary = await temporaryFolder();
  const browser = await example();
  await extract(browser, browser.root, join(temporary.path, 'all'), {});
  assert.ok((await lstat(join(temporary.path, 'all', IMAGE))).isFile());
  const node = await browser.lookUp(`${IMAGE}/etc/passwd`);
  assert.ok(node);
  await extract(browser, node, join(temporary.path, 'one'), {});
  assert.deepEqual(await readdir(join(temporary.path, 'one')), ['passwd']);
});

test('a folder with something in it is not touched', async () => {
  await using temporary = await temporaryFolder();
  const browser = await example();
  await writeFile(join(temporary.path, 'mine'), 'x');
  await assert.rejects(extract(browser, browser.root, temporary.path, {}), OccupiedError);
  assert.deepEqual(await readdir(temporary.path), ['mine']);
  await mkdir(join(temporary.path, 'empty'));
  await extract(browser, browser.root, join(temporary.path, 'empty'), {});
  assert.ok((await readdir(join(temporary.path, 'empty'))).includes('icon.svg'));
});

test('hostile names never leave the folder', async () => {
  await using temporary = await temporaryFolder();
  const names = ['..', '.', 'a/b', 'a\\b', 'tab\t', 'fine'];
  // Such archives are refused where they are opened; this is what would happen if one got through.
  const root = validPackage(Object.fromEntries(names.map((name) => [name, 'x'])));
  const browser = new PackageBrowser(root, blake3);
  const { findings } = await extract(browser, browser.root, join(temporary.path, 'out'), { platform: 'linux' });
  assert.equal(findings.length, 4);
  assert.ok(
    (await readdir(join(temporary.path, 'out'))).includes('a\\b'),
    'elsewhere it is a character like any other',
  );
  const onWindows = await extract(browser, browser.root, join(temporary.path, 'windows'), { platform: 'win32' });
  assert.equal(onWindows.findings.length, 5);
  assert.ok((await readdir(join(temporary.path, 'out'))).includes('fine'));
  assert.deepEqual((await readdir(temporary.path)).sort(), ['out', 'windows']);
});

test('names that Windows keeps for itself are left out there', async () => {
  await using temporary = await temporaryFolder();
  const browser = await open(
    validPackage({
      CON: 'x',
      'nul.txt': 'x',
      'aux .x': 'x',
      'COM¹': 'x',
      'a:b': 'x',
      'dot.': 'x',
      control: 'x',
      console: 'x',
    }),
  );
  const { findings } = await extract(browser, browser.root, join(temporary.path, 'out'), { platform: 'win32' });
  assert.deepEqual(
    findings.map(({ where }) => where.path).sort(),
    ['COM¹', 'CON', 'a:b', 'aux .x', 'dot.', 'nul.txt'].sort(),
  );
});

test('a damaged file is not extracted, and nothing is left behind', async () => {
  await using temporary = await temporaryFolder();
  const bytes = await archiveBytes(validPackage());
  const last = bytes.length - 1;
  const damaged = bytes.with(last, (bytes[last] ?? 0) ^ 1);
  const { root } = await openArchive(new MemorySource(damaged), { blake3 });
  const browser = new PackageBrowser(root, blake3);
  const extracting = extract(browser, browser.root, join(temporary.path, 'out'), {});
  await assert.rejects(extracting, (error: FindingError) => error.findings[0]?.code === 'content-hash');
  assert.deepEqual(await readdir(temporary.path), []);
});

test('cancelling leaves nothing behind', async () => {
  await using temporary = await temporaryFolder();
  const browser = await example();
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('cancelled'));
  const extracting = extract(browser, browser.root, join(temporary.path, 'out'), {
    signal: controller.signal,
    onProgress,
  });
  await assert.rejects(extracting, /cancelled/);
  assert.deepEqual(await readdir(temporary.path), []);
});

async function differences(before: DirectoryEntry, after: DirectoryEntry): Promise<string[]> {
  const found: string[] = [];
  const walks = { before: new PackageWalk(), after: new PackageWalk() };
  for await (const { change, path, what } of comparePackages(await open(before), await open(after), walks)) {
    found.push([change, path.replace(IMAGE, 'IMAGE'), ...what].join(' '));
  }
  return found;
}

test('packages are compared down to the files in their images', async () => {
  const image = async (root: DirectoryNode) => {
    const sink = new MemorySink();
    await writeSquashfs(root, sink, { blake3, label: 'test' });
    return validPackage({ 'new.txt': undefined, images: { x86_64: { 'main.squashfs': sink.bytes() } } });
  };
  const before = await image(ROOT);
  assert.deepEqual(await differences(before, await image(ROOT)), []);
  const after = await image(
    folder({
      etc: folder({
        passwd: text('root:x:1:1\n'),
        'link-up': link('../bin/other'),
        'link-out': link('../../../../etc/shadow'),
      }),
      bin: folder({ run: text('#!/bin/sh\n', 0o755), abs: text('/etc/passwd'), dangling: link('/nowhere') }),
      opt: folder({ tool: { ...text('new'), xattrs: new Map([['user.x', new Uint8Array(1)]]) } }),
    }),
  );
  assert.deepEqual(await differences(before, after), [
    'changed IMAGE content',
    'changed IMAGE/bin/abs kind mode target',
    'changed IMAGE/bin/run mode',
    'removed IMAGE/dev',
    'removed IMAGE/dev/null',
    'removed IMAGE/dev/pipe',
    'changed IMAGE/etc/link-up target',
    'changed IMAGE/etc/passwd content',
    'added IMAGE/opt',
    'added IMAGE/opt/tool',
  ]);
});

test('manifests are compared by what they mean', async () => {
  const change = { ...goodManifest, title: 'Other', volumes: ['main', 'data'], marketingUrl: 'https://example.org/' };
  const { gitHash: _, ...without } = change;
  const [before, after] = [
    await open(validPackage()),
    await open(validPackage({ 'manifest.json': JSON.stringify(without, null, 2) })),
  ];
  assert.deepEqual(await compareManifests(before, after), [
    { path: '/title', before: '"Test"', after: '"Other"' },
    { path: '/gitHash', before: 'null' },
    { path: '/marketingUrl', before: 'null', after: '"https://example.org/"' },
    { path: '/volumes', before: '["main"]', after: '["main","data"]' },
  ]);
  const reformatted = await open(validPackage({ 'manifest.json': JSON.stringify(goodManifest, null, 2) }));
  assert.deepEqual(await compareManifests(before, reformatted), []);
});

test('folders that are nested too deep end what goes through them, as a folder that holds itself would', async () => {
  const deep = async (last: string, levels: number) => {
    let root = folder({ last: text(last) });
    for (let depth = 0; depth < levels; depth++) root = folder({ d: root });
    const sink = new MemorySink();
    await writeSquashfs(root, sink, { blake3, label: 'test' });
    return open(validPackage({ images: { x86_64: { 'main.squashfs': sink.bytes() } } }));
  };
  const readable = await deep('a', 600);
  assert.ok(await readable.lookUp(`images/x86_64/main.squashfs/${'d/'.repeat(600)}last`), 'what we write we read');
  const [before, after] = [await deep('a', 2100), await deep('b', 2100)];
  const isSaid = ({ found }: PackageWalk) => /4095 bytes is left out/.test(found.all()[0]?.message ?? '');
  const walks = { before: new PackageWalk(), after: new PackageWalk() };
  for await (const difference of comparePackages(before, after, walks)) assert.ok(difference.path);
  assert.ok(isSaid(walks.before) && isSaid(walks.after));
  const walk = new PackageWalk();
  for await (const node of walk.below(before, await before.nodeAt(IMAGE))) assert.ok(node.path);
  assert.ok(isSaid(walk));
});
