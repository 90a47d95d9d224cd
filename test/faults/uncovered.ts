import { nameBytes } from '../../extension/engine/archive/names.ts';
import type { Archive } from '../../extension/engine/archive/reader.ts';

/**
 * Positions in a package at which a change is no error, because the format signs no entry types: a file that a package
 * may lack can be turned into one that was left out. Verification still warns of the bytes that are then unused.
 */
export async function uncoveredPositions(archive: Archive): Promise<readonly number[]> {
  const position = Number(archive.header.tablePosition);
  const table = Buffer.from(await archive.source.read(position, Number(archive.header.tableSize)));
  return ['assets.squashfs', 'instructions.md'].map((name) => {
    const bytes = nameBytes(name);
    // Behind the name stand 32 bytes of hash and 8 of size, then the type.
    return position + table.indexOf(bytes) + bytes.length + 40;
  });
}
