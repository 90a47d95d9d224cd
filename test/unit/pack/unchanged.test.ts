import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ImageCache } from '../../../extension/engine/image/cache/image-cache.ts';
import { factsOf, indexedFile } from '../../../extension/engine/image/cache/source-index.ts';
import { pack } from '../../../extension/engine/pack/pack.ts';
import { formatPrivateKey, keyFromSeed } from '../../../extension/engine/sign/private-key.ts';
import { blake3 } from '../../support/archives.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { copyExample, prepareExample } from '../../vscode/workspace.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;
let tar: string;

before(async () => {
  prepareExample();
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'hello-world');
  await copyExample(folder);
  tar = join(temporary.path, 'root.tar');
  await makeTar('one');
});
after(() => temporary[Symbol.asyncDispose]());

async function makeTar(text: string): Promise<void> {
  const root = join(temporary.path, 'root');
  await rm(root, { recursive: true, force: true });
  await mkdir(join(root, 'etc'), { recursive: true });
  await writeFile(join(root, 'etc', 'text'), `${text} `.repeat(200_000));
  await tool('tar', ['--mtime=@0', '--owner=0', '--group=0', '-C', root, '-cf', tar, '.']);
}

/** Packs, and says what was done. */
async function packed(given: string, cache: ImageCache | undefined): Promise<{ sha256: string; stages: string }> {
  const stages: string[] = [];
  const output = join(temporary.path, 'out.s9pk');
  const arch = ['x86_64', 'aarch64'];
  const images = arch.map((name) => ({ id: 'main', arch: name, path: given }));
  const result = await pack({
    ...{ folder, output, arch, images, git: 'none', blake3, cache },
    onProgress: ({ stage }) => stages.push(stage),
  });
  assert.deepEqual(
    result.findings.filter(({ severity }) => severity === 'error'),
    [],
  );
  const sha256 = createHash('sha256')
    .update(await readFile(output))
    .digest('hex');
  return { sha256, stages: [...new Set(stages)].filter((stage) => stage.includes('images/')).join('; ') };
}

test('a tar that did not change is neither opened nor hashed, and the bytes do not depend on what was kept', async () => {
  const store = join(temporary.path, 'cache');
  const cold = await packed(tar, undefined);
  const cache = new ImageCache(store);
  // Just made: its times do not prove anything yet.
  await makeTar('one');
  const first = await packed(tar, cache);
  assert.match(first.stages, /Compressing images/);
  await setTimeout(3000);
  const second = await packed(tar, cache);
  assert.match(second.stages, /Hashing images/);
  assert.doesNotMatch(second.stages, /Compressing/);
  const third = await packed(tar, cache);
  assert.equal(third.stages, '');
  const paranoid = await packed(tar, new ImageCache(store, undefined, true));
  assert.match(paranoid.stages, /Hashing images/);
  assert.doesNotMatch(paranoid.stages, /Compressing/);

  const copy = join(temporary.path, 'copy.tar');
  await copyFile(tar, copy);
  const moved = await packed(copy, cache);
  assert.doesNotMatch(moved.stages, /Compressing/, 'what counts is what is in it');
  for (const other of [first, second, third, paranoid, moved]) assert.equal(other.sha256, cold.sha256);
});

test('content that was replaced under the same size and times is seen', async () => {
  const store = join(temporary.path, 'replaced');
  const cache = new ImageCache(store);
  await setTimeout(2600);
  const one = await packed(tar, cache);
  const times = await stat(tar);
  await makeTar('two');
  await utimes(tar, times.atime, times.mtime);
  assert.equal((await stat(tar)).size, times.size);
  const two = await packed(tar, cache);
  assert.match(two.stages, /Compressing images/);
  assert.notEqual(two.sha256, one.sha256);
  await makeTar('one');
  assert.equal((await packed(tar, cache)).sha256, one.sha256);
});

test('what is kept may be damaged in any way: the package is the same', async () => {
  const store = join(temporary.path, 'damaged');
  const cache = new ImageCache(store);
  await setTimeout(2600);
  const whole = await packed(tar, cache);
  const damages: ((path: string) => Promise<void>)[] = [
    (path) => truncate(path, 10),
    (path) => writeFile(path, '{}'),
    async (path) => {
      const bytes = await readFile(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      const times = await stat(path);
      await writeFile(path, bytes);
      await utimes(path, times.atime, times.mtime);
    },
    (path) => rm(path),
    (path) => rename(path, `${path}.away`),
  ];
  for (const suffix of ['.squashfs', '.json', '.source.json']) {
    for (const damage of damages) {
      for (const name of (await readdir(store)).filter((file) => file.endsWith(suffix)))
        await damage(join(store, name));
      assert.equal((await packed(tar, cache)).sha256, whole.sha256, suffix);
    }
  }
});

test('a kept image that a disk lost bytes of, its times unchanged, is noticed and made again', async () => {
  const store = join(temporary.path, 'rotten');
  const cache = new ImageCache(store);
  await makeTar('rotten');
  await setTimeout(3000);
  const good = await packed(tar, cache);
  const [name] = (await readdir(store)).filter((file) => file.endsWith('.squashfs'));
  assert.ok(name);
  const image = join(store, name);
  const bytes = await readFile(image);
  await writeFile(image, bytes.with(150, (bytes[150] ?? 0) ^ 1));
  // What the file system says is made to be what is written down of it.
  const record = join(store, name.replace('.squashfs', '.json'));
  const kept = JSON.parse(await readFile(record, 'utf8')) as object;
  await writeFile(record, JSON.stringify({ ...kept, facts: (await factsOf(image)).facts }));
  const again = await packed(tar, cache);
  assert.equal(again.sha256, good.sha256);
  assert.match(again.stages, /Compressing images/);
});

test('private keys in an image are told each time it is packed; the key that signs is refused', async () => {
  const store = join(temporary.path, 'keys');
  const cache = new ImageCache(store);
  const root = join(temporary.path, 'keyed');
  await mkdir(join(root, 'etc', 'ssl'), { recursive: true });
  const pem = formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(3)));
  await writeFile(join(root, 'etc', 'ssl', 'a.key'), pem);
  await writeFile(join(root, 'etc', 'ssl', 'b.key'), pem);
  const given = join(temporary.path, 'keyed.tar');
  const packKeyed = async (key?: string) => {
    await tool('tar', ['--mtime=@0', '--owner=0', '--group=0', '-C', root, '-cf', given, '.']);
    const images = ['x86_64', 'aarch64', 'riscv64'].map((arch) => ({ id: 'main', arch, path: given }));
    const output = join(temporary.path, 'keyed.s9pk');
    return pack({ folder, output, images, git: 'none', blake3, cache, ...(key !== undefined && { key }) });
  };
  for (const round of ['made', 'kept']) {
    const { made, findings } = await packKeyed();
    assert.ok(made, JSON.stringify(findings));
    const told = findings.filter(({ code }) => code === 'key-in-image').map(({ message }) => message);
    assert.equal(told.length, 3, round);
    assert.match(told[0] ?? '', /^\/etc\/ssl\/a\.key and 1 more file of image main holds a private key/);
  }
  // What was kept is refused to whom one of the keys in it belongs.
  const foreign = await packKeyed(join(root, 'etc', 'ssl', 'a.key'));
  assert.equal(foreign.made, undefined);
  assert.match(
    foreign.findings.find(({ code }) => code === 'key-in-package')?.message ?? '',
    /^\/etc\/ssl\/a\.key of image main/,
  );
  await copyFile(join(folder, '.startos', 'build.key.pem'), join(root, 'etc', 'own.pem'));
  const { made, findings } = await packKeyed();
  assert.equal(made, undefined);
  assert.match(findings.find(({ code }) => code === 'key-in-package')?.message ?? '', /^\/etc\/own\.pem of image main/);
});

test('squashfs images that are packed as they are, are searched for private keys, once while they do not change', async () => {
  const cache = new ImageCache(join(temporary.path, 'prebuilt'));
  const root = join(temporary.path, 'prebuilt-root');
  const given = join(temporary.path, 'prebuilt.squashfs');
  await mkdir(join(root, 'etc', 'deep', 'er'), { recursive: true });
  await writeFile(join(root, 'etc', 'passwd'), '');
  await writeFile(join(root, 'etc', 'group'), '');
  for (let index = 0; index < 300; index++) await writeFile(join(root, 'etc', `text-${index}`), `${index}`.repeat(999));
  const packGiven = async (from: ImageCache | undefined) => {
    const stages = new Set<string>();
    const images = ['x86_64', 'aarch64', 'riscv64'].map((arch) => ({ id: 'main', arch, path: given }));
    const output = join(temporary.path, 'prebuilt.s9pk');
    const onProgress = ({ stage }: { stage: string }) => stages.add(stage);
    const result = await pack({ folder, output, images, git: 'none', blake3, cache: from, onProgress });
    const searched = [...stages].filter((stage) => stage.startsWith('Searching images/')).length;
    const told = result.findings.filter(({ code }) => code === 'key-in-image' || code === 'image-unread');
    return { ...result, searched, told: told.map(({ code, message }) => `${code} ${message}`) };
  };
  const makeImage = () => tool('mksquashfs', [root, given, '-noappend', '-all-root', '-quiet', '-no-progress']);

  await makeImage();
  await setTimeout(3000);
  for (const isSearched of [true, false]) {
    const clean = await packGiven(cache);
    assert.ok(clean.made, JSON.stringify(clean.findings));
    assert.deepEqual([clean.told, clean.searched > 0], [[], isSearched]);
  }

  const pem = formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(3)));
  await writeFile(join(root, 'etc', 'deep', 'er', 'tls.key'), `Bag\n${pem}`);
  await makeImage();
  for (const from of [cache, cache, undefined]) {
    const { made, told } = await packGiven(from);
    assert.ok(made);
    assert.equal(told.length, 3);
    assert.match(told[0] ?? '', /^key-in-image \/etc\/deep\/er\/tls\.key of image main holds a private key/);
  }

  // A fragment that cannot be unpacked keeps nobody from packing, but is said.
  const whole = await readFile(given);
  await writeFile(given, whole.fill(0xff, 96, 2000));
  const damaged = await packGiven(cache);
  assert.ok(
    damaged.told.some((text) => /^image-unread images\/\w+\/main\.squashfs/.test(text)),
    damaged.told.join(),
  );

  await copyFile(join(folder, '.startos', 'build.key.pem'), join(root, 'etc', 'own.pem'));
  await makeImage();
  const { made, findings } = await packGiven(cache);
  assert.equal(made, undefined);
  assert.match(findings.find(({ code }) => code === 'key-in-package')?.message ?? '', /^\/etc\/own\.pem of image main/);
});

test('a file that is given for several architectures at once is hashed once', async () => {
  const { sources } = new ImageCache(join(temporary.path, 'cache-of-one'));
  const source = indexedFile(tar);
  let hashed = 0;
  const counted = {
    ...source,
    hash: (...args: Parameters<typeof source.hash>) => {
      hashed++;
      return source.hash(...args);
    },
  };
  const [one, other] = await Promise.all(['one', 'other'].map((label) => sources.look(counted, label, { blake3 })));
  assert.equal(hashed, 1);
  assert.equal(one?.blake3, other?.blake3);
});
