import assert from 'node:assert/strict';
import { chmod, link, mkdir, open, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { encodeName } from '../../../extension/engine/byte-names.ts';
import { readRootTar } from '../../../extension/engine/image/layer-merge.ts';
import { MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import { readTar, type TarEntry } from '../../../extension/engine/tar/reader.ts';
import { TarError } from '../../../extension/engine/tar/tar-error.ts';
import { sha256 } from '../../support/archives.ts';
import { padded, tarHeader } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { listTree } from '../../support/trees.ts';

/** A header has room for 100 bytes of it, and the hundredth is the first half of a character. */
const LONG_UNICODE = `l${'ü'.repeat(110)}`;

async function makeFolder(folder: string): Promise<void> {
  const long = 'l'.repeat(120);
  await mkdir(join(folder, long, long), { recursive: true });
  await writeFile(join(folder, long, long, 'file'), 'deep');
  await writeFile(join(folder, 'ünïcode'), 'u');
  await writeFile(join(folder, LONG_UNICODE), 'cut off in the middle of a character');
  await writeFile(join(folder, 'tool'), '#!/bin/sh\n');
  await chmod(join(folder, 'tool'), 0o4755);
  await link(join(folder, 'tool'), join(folder, 'tool2'));
  await symlink(`/${long}/${long}/`, join(folder, 'link'));
  await writeFile(join(folder, 'sparse'), 'start');
  await truncate(join(folder, 'sparse'), 3 << 20);
  const handle = await open(join(folder, 'sparse'), 'r+');
  for (let index = 1; index < 40; index++) await handle.write(`piece ${index}`, index * 65536);
  await handle.close();
}

for (const format of ['v7', 'ustar', 'gnu', 'pax', 'oldgnu'] as const) {
  test(`GNU tar's ${format} format is read`, async () => {
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'in');
    await mkdir(folder);
    await makeFolder(folder);
    const limited = format === 'v7' || format === 'ustar' ? ['--exclude=l*'] : [];
    const tar = await tool('tar', ['-C', folder, `--format=${format}`, '--sort=name', ...limited, '-c', '.']);
    const listing = await listTree(await readRootTar(new MemorySource(tar)));
    assert.match(listing.get('/tool') ?? '', /^file 4755 /);
    assert.match(listing.get('/tool2') ?? '', /= \/tool$/);
    if (limited.length === 0) assert.match(listing.get(`/${LONG_UNICODE}`) ?? '', /^file /);
    assert.match(listing.get('/ünïcode') ?? '', /^file 644 /);
    const longPath = `/${'l'.repeat(120)}/${'l'.repeat(120)}`;
    assert.equal(listing.has(`${longPath}/file`), limited.length === 0);
    if (limited.length === 0) assert.ok(listing.get('/link')?.endsWith(`${longPath}/`));
  });
}

for (const args of [
  ['--format=oldgnu'],
  ['--format=pax', '--sparse-version=0.0'],
  ['--format=pax', '--sparse-version=0.1'],
  ['--format=pax', '--sparse-version=1.0'],
]) {
  test(`sparse files of ${args.join(' ')} get their holes back`, async () => {
    await using temporary = await temporaryFolder();
    await makeFolder(temporary.path);
    const tar = await tool('tar', ['-C', temporary.path, '--sparse', ...args, '-c', 'sparse', 'tool']);
    assert.ok(tar.length < 1 << 20, 'the archive is sparse');
    const entries: TarEntry[] = [];
    for await (const entry of readTar(new MemorySource(tar))) entries.push(entry);
    assert.deepEqual(
      entries.map((entry) => entry.path),
      ['sparse', 'tool'],
    );
    const content = await readAll(entries[0]?.content ?? new MemorySource(new Uint8Array()), 4 << 20);
    assert.equal(sha256(content), sha256(await readFile(join(temporary.path, 'sparse'))));
  });
}

test('extended attributes keep their bytes', async () => {
  const value = Uint8Array.from([1, 0, 0, 2, 0xff, 0x80, 0, 0]);
  const record = Buffer.concat([Buffer.from('SCHILY.xattr.security.capability='), value, Buffer.from('\n')]);
  const pax = Buffer.concat([Buffer.from(`${record.length + 3} `), record]);
  const tar = Buffer.concat([
    tarHeader('pax', pax.length, 'x'),
    padded(pax),
    tarHeader('ping', 2, '0'),
    padded(Buffer.from('hi')),
    Buffer.alloc(1024),
  ]);
  const entries: TarEntry[] = [];
  for await (const entry of readTar(new MemorySource(tar))) entries.push(entry);
  assert.deepEqual(entries[0]?.xattrs.get('security.capability'), value);
});

test('names that are not UTF-8 are read as the bytes that they are', async () => {
  const make = 'cd "$(mktemp -d)" && touch "$(printf \'f\\351\')" "$(printf \'f\\352\')" && tar -c *';
  const names: string[] = [];
  for await (const { path } of readTar(new MemorySource(await tool('sh', ['-c', make])))) names.push(path);
  assert.deepEqual(names.map((name) => [...encodeName(name)]).sort(), [
    [0x66, 0xe9],
    [0x66, 0xea],
  ]);
});

test('damage is told with its place', async () => {
  const tar = Buffer.concat([
    tarHeader('a', 5, '0'),
    padded(Buffer.from('hello')),
    tarHeader('b', 5, '0'),
    padded(Buffer.from('hello')),
  ]);
  const drain = async (bytes: Uint8Array) => {
    for await (const entry of readTar(new MemorySource(bytes))) assert.ok(entry);
  };
  await drain(tar);
  const changed = Buffer.from(tar);
  changed[1024 + 3] = 1;
  await assert.rejects(drain(changed), (error) => error instanceof TarError && error.position === 1024);
  for (let end = 1; end < tar.length; end++) {
    // Padding and end blocks may be missing; headers and contents may not.
    if ((end >= 517 && end <= 1024) || end >= 1541) continue;
    await assert.rejects(drain(tar.subarray(0, end)), TarError, `cut at ${end}`);
  }
  await assert.rejects(drain(Buffer.from('not a tar at all'.repeat(64))), TarError);
});

test('numbers in headers may be padded with blanks; what is no number is refused under the name of its entry', async () => {
  const withOwner = (field: string) => {
    const header = tarHeader('a name', 0, '0');
    header.set(Buffer.from(field, 'latin1'), 108);
    header.fill(0x20, 148, 156);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    return header;
  };
  const ownerOf = async (field: string) => {
    for await (const { uid } of readTar(new MemorySource(withOwner(field)))) return uid;
    return undefined;
  };
  for (const [field, uid] of [
    ['0001750\0', 1000],
    ['  1750 \0', 1000],
    ['\t1750\xa0\0\0', 1000],
    ['00001750', 1000],
    ['1750\x00999', 1000],
    ['        ', 0],
    ['\0\0\0\0\0\0\0\0', 0],
    ['77777777', 0o77777777],
    ['\x80\0\0\0\x80\0\0\0', 2 ** 31],
  ] as const)
    assert.equal(await ownerOf(field), uid, JSON.stringify(field));
  for (const field of ['17 50\0\0\0', '1758\0\0\0\0', '-1\0\0\0\0\0\0', 'root\0\0\0\0'])
    await assert.rejects(
      ownerOf(field),
      (error) => error instanceof TarError && /octal/.test(error.message) && error.message.includes('a name'),
    );
});
