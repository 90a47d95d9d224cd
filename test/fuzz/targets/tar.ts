import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { readSavedImages } from '../../../extension/engine/docker-images/saved-images.ts';
import { TarStore } from '../../../extension/engine/image/blob-store.ts';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { mergeLayers, readRootTar } from '../../../extension/engine/image/layer-merge.ts';
import { readDockerArchive, readOciLayout } from '../../../extension/engine/image/layout.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { readTar } from '../../../extension/engine/tar/reader.ts';
import { TarError } from '../../../extension/engine/tar/tar-error.ts';
import { layoutTar } from '../../support/oci-layout.ts';
import { tarHeader, tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { savedImage } from '../../support/wrapper-03.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, bytesOf, type FuzzTarget } from '../target.ts';

async function seeds(): Promise<Uint8Array[]> {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'in');
  await mkdir(join(folder, 'x'.repeat(120)), { recursive: true });
  await writeFile(join(folder, 'x'.repeat(120), 'y'.repeat(100)), 'deep');
  await writeFile(join(folder, 'sparse'), 'start');
  await truncate(join(folder, 'sparse'), 1 << 20);
  await tool('ln', [join(folder, 'sparse'), join(folder, 'hard')]);
  const made: Uint8Array[] = [];
  for (const format of ['v7', 'ustar', 'gnu', 'pax']) {
    const more = format === 'gnu' || format === 'pax' ? ['--sparse'] : [];
    const out = join(temporary.path, `${format}.tar`);
    await tool(
      'tar',
      ['-C', folder, `--format=${format}`, ...more, '-b1', '-cf', out, format === 'v7' ? 'sparse' : '.'],
      {},
    ).catch(() => undefined);
    made.push(await readFile(out));
  }
  const layer = tarOf([
    { name: 'etc/' },
    { name: 'etc/passwd', content: 'root' },
    { name: '.wh.gone' },
    { name: 'l', linkTo: '/etc' },
  ]);
  return [...made, layer, layoutTar([layer]), savedImage('amd64', 'start9/x/main:1.0.0')];
}

/** A record with its length, which counts itself. */
function paxRecord(record: string): string {
  let length = record.length + 2;
  while (`${length} ${record}`.length !== length) length = `${length} ${record}`.length;
  return `${length} ${record}`;
}

/** A record of a PAX header: names, and sizes and regions near what is taken. */
function recordOf(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return `size=${random.near(random.pick([0, BUDGET.fileBytes, 2 ** 53]))}`;
    case 1:
      return `GNU.sparse.realsize=${random.near(BUDGET.fileBytes)}`;
    case 2:
      return `GNU.sparse.numblocks=${random.near(BUDGET.sparseRegions)}`;
    case 3:
      return random.pick(['GNU.sparse.major=1', 'GNU.sparse.minor=0', 'GNU.sparse.map=0,1,512,1', 'GNU.sparse.name=x']);
    case 4:
      return `SCHILY.xattr.user.${'k'.repeat(random.near(BUDGET.nameBytes))}=v`;
    default:
      return `path=${'p'.repeat(random.oneIn(8) ? random.near(BUDGET.pathBytes) : random.size(300))}`;
  }
}

/** A tar of entries in any order: links to what is not there, whiteouts, names that lead out, sizes near limits. */
function anyTar(random: Random): Uint8Array {
  const NAMES = [
    'a',
    'a/b',
    'a/',
    '/abs',
    '../up',
    './.',
    'a/../../b',
    '.wh.a',
    'a/.wh..wh..opq',
    '.wh..wh.plnk/1',
    '',
  ] as const;
  const blocks: Uint8Array[] = [];
  for (let left = random.size(200); left > 0; left--) {
    const name = random.oneIn(4)
      ? `${random.below(50)}/`.repeat(1 + random.size(12)) + random.below(9)
      : random.pick(NAMES);
    const type = random.pick(['0', '1', '2', '3', '4', '5', '6', '7', 'L', 'K', 'x', 'g', 'S', 'V', '\0']);
    const record = `${recordOf(random)}\n`;
    const body = type === 'x' || type === 'g' ? bytesOf(paxRecord(record)) : random.bytes(random.size(1500));
    const size = random.oneIn(10) ? random.pick([0o77777777777, random.near(BUDGET.tarExtensionBytes)]) : body.length;
    const mode = random.below(0o10000);
    blocks.push(tarHeader(name.slice(0, 99), size, type, mode, random.pick(NAMES).slice(0, 99)));
    if (!random.oneIn(20)) blocks.push(body, new Uint8Array((512 - (body.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, new Uint8Array(random.oneIn(4) ? 0 : 1024)]);
}

/** Puts the checksum of a header right again, which nearly every change breaks. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (!/^\0*[0-7 ]{6}[\0 ]{2}$/.test(Buffer.from(header.subarray(148, 156)).toString('latin1'))) continue;
    const sum = header.reduce((all, byte, index) => all + (index >= 148 && index < 156 ? 32 : byte), 0);
    header.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
  }
  return bytes;
}

/** Tars, and the images in them: root file systems, OCI layouts, what `docker save` writes. */
export const tarTarget: FuzzTarget = {
  name: 'tar',
  covers: ['extension/engine/tar/{reader,pax,sparse}.ts', 'extension/engine/image/{layer-merge,layout,blob-store}.ts'],
  seeds,

  make: async (random) => (random.oneIn(6) ? layoutTar([anyTar(random)]) : anyTar(random)),
  mutate: (input, other, random) => withChecksums(mutate(input, other, random)),

  async read(input) {
    const source = new MemorySource(input);
    const failures = [TarError, ImageError];
    await allowing(failures, async () => {
      for await (const entry of readTar(source)) {
        assert.ok(entry.content.size >= 0);
        await entry.content.read(0, 4096);
      }
    });
    await allowing(failures, () => readRootTar(source));
    await allowing(failures, () => mergeLayers([source, source]));
    await allowing([...failures, SyntaxError, RangeError], () => readSavedImages(source));
    await allowing(failures, async () => {
      const store = await TarStore.index(source);
      for (const read of [readOciLayout, readDockerArchive])
        await allowing(failures, async () => {
          const { layers } = await read(store, 'x86_64');
          await mergeLayers(layers.map(({ blob }) => blob));
        });
    });
  },

  async compare(input) {
    const names: string[] = [];
    const isRead = await allowing([TarError], async () => {
      for await (const { path } of readTar(new MemorySource(input))) names.push(path);
    });
    const args = ['--quoting-style=literal', '--absolute-names', '-tf', '-'];
    const { status, stdout, stderr } = spawnSync('tar', args, { input, encoding: 'latin1', timeout: 10_000 });
    if (!isRead || status !== 0 || stderr !== '') return;
    if (!names.every((name) => /^[\x20-\x7e]+$/.test(name))) return;
    const theirs = stdout.split('\n').slice(0, -1);
    const plain = (list: readonly string[]) => list.map((name) => name.replace(/\/+$/, ''));
    assert.deepEqual(plain(names), plain(theirs), 'GNU tar');
  },
};
