import { resolve } from 'node:path';
import type { EntryOrder } from '../archive/order.ts';
import { openArchive } from '../archive/reader.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { FileSource } from '../io/file-source.ts';
import { Staging } from '../io/staging.ts';
import { whileUnchanged } from '../io/while-unchanged.ts';
import { STAGED, writeStaged } from '../pack/write-verified.ts';
import type { Work } from '../progress.ts';

export interface ReorderOptions extends Work {
  readonly file: string;
  /** By default the package itself, replaced once the new one is whole. */
  readonly output?: string | undefined;
  readonly order: EntryOrder;
  readonly blake3: Blake3;
}

/**
 * Writes a package anew with its entries in another order, under the signature that it has: order is not signed. In streaming
 * order a device has what it shows first (manifest, icon) before the images arrive.
 * @throws FindingError if it does not open, or a file in it is damaged; failing I/O; the signal's reason.
 * @returns whether the order had been another, the size of what was written in bytes, and whose signature it keeps.
 */
export async function reorderPackage(
  options: ReorderOptions,
): Promise<{ changed: boolean; size: number; signer: Uint8Array }> {
  const output = resolve(options.output ?? options.file);
  await using source = await FileSource.open(options.file);
  const archive = await whileUnchanged(source, () => openArchive(source, options));
  await using staging = await Staging.beside(output);
  const write = () => writeStaged(archive.root, { ...options, signer: { keep: archive.header } }, staging);
  const size = await whileUnchanged(source, write);
  await source.checkUnchanged();
  // Windows puts nothing in the place of a file that is open.
  await source.close();
  await staging.publish(STAGED);
  return { changed: archive.order !== options.order, size, signer: archive.header.publicKey };
}
