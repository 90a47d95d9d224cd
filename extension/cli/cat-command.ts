import { checkContent, digestContent } from '../engine/archive/content.ts';
import { lookUp } from '../engine/archive/entry.ts';
import { openArchive } from '../engine/archive/reader.ts';
import { FindingError } from '../engine/finding.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { readChunks } from '../engine/io/byte-source.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

export const catCommand: Command = {
  usage: 's9pk cat FILE PATH',
  summary: 'Write a file of a package to standard output, after its hash was checked',
  options: {},
  help: {},
  async run({ positionals: [file, path] }) {
    if (file === undefined || path === undefined) throw new UsageError('cat takes a FILE and a PATH inside it');
    const source = await FileSource.open(file);
    try {
      const blake3 = fastestBlake3();
      const { root } = await openArchive(source, { blake3 });
      const entry = lookUp(root, ...path.split('/').filter((part) => part !== ''));
      if (entry?.kind !== 'file') {
        const why = {
          missing: 'was left out of this partial package',
          directory: 'is a folder',
          none: 'is not in the package',
        };
        throw new UsageError(`${path} ${why[entry?.kind ?? 'none']}`);
      }
      // Twice through the file instead of once, so that not one byte of a damaged file gets out.
      const problem = checkContent(entry, path, await digestContent(entry.content, blake3));
      if (problem) throw new FindingError([problem]);
      return { findings: [], bytes: closing(readChunks(entry.content), source) };
    } catch (error) {
      await source.close();
      throw error;
    }
  },
};

async function* closing(chunks: AsyncIterable<Uint8Array>, source: FileSource): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } finally {
    await source.close();
  }
}
