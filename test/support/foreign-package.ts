import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DirectoryEntry } from '../../extension/engine/archive/entry.ts';
import { goodManifest, validPackage } from './packages.ts';
import { temporaryFolder, tool } from './tools.ts';

/** How others make images, by the id of the image: with both tools, and every compressor that packages were seen with. */
const FOREIGN: Readonly<Record<string, string>> = {
  'tar2sqfs-xz': 'tar -C in --numeric-owner -c . | tar2sqfs -q -f -c xz out',
  'mksquashfs-gzip': 'mksquashfs in out -quiet -no-progress -noappend -comp gzip',
  'mksquashfs-zstd': 'mksquashfs in out -quiet -no-progress -noappend -comp zstd',
  'mksquashfs-lz4': 'mksquashfs in out -quiet -no-progress -noappend -comp lz4',
};

/** A folder with everything that the tools store in different ways. */
export async function makeSample(folder: string): Promise<void> {
  await mkdir(join(folder, 'etc', 'deep', 'deeper'), { recursive: true });
  await writeFile(join(folder, 'etc', 'passwd'), 'root:x:0:0::/:/bin/sh\n');
  await writeFile(join(folder, 'empty'), '');
  await writeFile(join(folder, 'exactly-one-block'), new Uint8Array(131_072).fill(7));
  await writeFile(join(folder, 'zeros'), new Uint8Array(1_000_000));
  await writeFile(join(folder, 'text'), 'a line of text that repeats\n'.repeat(20_000));
  await writeFile(
    join(folder, 'program'),
    await readFile(process.execPath).then((bytes) => bytes.subarray(0, 3_000_000)),
  );
  await chmod(join(folder, 'program'), 0o4755);
  await symlink('etc/passwd', join(folder, 'link'));
  for (let index = 0; index < 600; index++)
    await writeFile(join(folder, 'etc', 'deep', `a-file-with-a-long-name-${index}`), `${index}`);
}

/** A package whose images were made by the tools of others. */
export async function foreignPackage(): Promise<DirectoryEntry> {
  await using temporary = await temporaryFolder();
  await mkdir(join(temporary.path, 'in'));
  await makeSample(join(temporary.path, 'in'));
  const files: Record<string, Uint8Array | string> = {};
  for (const [id, command] of Object.entries(FOREIGN)) {
    await tool('sh', ['-c', `rm -f out && ${command}`], { cwd: temporary.path });
    files[`${id}.squashfs`] = await readFile(join(temporary.path, 'out'));
    files[`${id}.json`] = '{}';
    files[`${id}.env`] = '';
  }
  const images = Object.fromEntries(Object.keys(FOREIGN).map((id) => [id, goodManifest.images.main]));
  return validPackage({
    'manifest.json': JSON.stringify({ ...goodManifest, id: 'foreign', title: 'Foreign Images', images }),
    images: { x86_64: files },
  });
}
