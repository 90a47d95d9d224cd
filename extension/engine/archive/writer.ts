import { joinBytes } from '../bytes.ts';
import { FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import type { ByteSink } from '../io/byte-sink.ts';
import { readChunks } from '../io/byte-source.ts';
import { StageMeter, type Work } from '../progress.ts';
import { type Signature, signCommitment } from '../sign/commitment.ts';
import type { PrivateKey } from '../sign/private-key.ts';
import { checkContent } from './content.ts';
import { type DirectoryEntry, type Entry, type FileEntry, walk } from './entry.ts';
import { encodeHeader, HEADER_SIZE, type Header, MAX_ROOT_MAXSIZE } from './header.ts';
import { joinPath } from './names.ts';
import { type EntryOrder, orderEntries } from './order.ts';
import { digestDirectory, digestOf, encodeEntry, encodeU64, tableSize } from './sighash.ts';
import { encodeVarint } from './varint.ts';

/** By whom a written archive is signed: a key, or the signature of the archive that the tree was read from. */
export type Signer = { readonly key: PrivateKey } | { readonly keep: Signature & { readonly rootMaxsize: bigint } };

export interface WriteOptions extends Work {
  readonly blake3: Blake3;
  readonly signer: Signer;
  readonly order: EntryOrder;
  /** Whether contents are compared with their hashes while they are copied; leave it on except to copy damage. */
  readonly verify?: boolean;
}

const TYPE_BYTE = { missing: 0, file: 1, directory: 2 } as const;

/**
 * Writes an archive (s9pk-v2 sections 1.3 to 2.3), streaming: memory holds the tables and one chunk of content. The
 * same tree, signer and order give the same bytes, always.
 * @throws FindingError `content-hash` if a file's bytes are not those that were hashed (it changed meanwhile), or
 *   `root-maxsize` if the root table is over 1 MiB, which no device would open.
 */
export async function writeArchive(root: DirectoryEntry, sink: ByteSink, options: WriteOptions): Promise<Header> {
  const header = makeHeader(root, options);
  const meter = new StageMeter('Writing the package', contentSize(root), options);
  await sink.write(encodeHeader(header));

  // The write queue: positions are handed out when an entry is listed, bytes follow in the same order.
  const queue: { path: string; entry: FileEntry | DirectoryEntry; isRoot: boolean }[] = [
    { path: '', entry: root, isRoot: true },
  ];
  let next = BigInt(HEADER_SIZE) + BigInt(tableSize(root));
  const place = (entry: FileEntry | DirectoryEntry): bigint => {
    const position = next;
    next += entry.kind === 'file' ? entry.size : BigInt(tableSize(entry));
    return position;
  };
  // The queue grows while it is walked.
  for (const { path, entry, isRoot } of queue) {
    if (entry.kind === 'file') {
      await copyFile(entry, path, sink, meter, options);
      continue;
    }
    const parts = [encodeVarint(entry.children.size)];
    for (const [name, child] of orderEntries(entry, options.order, isRoot)) {
      parts.push(encodeEntry(name, digestOf(child, options.blake3)), Uint8Array.of(TYPE_BYTE[child.kind]));
      if (child.kind === 'missing') continue;
      parts.push(encodeU64(place(child)));
      if (child.kind === 'directory') parts.push(encodeU64(BigInt(tableSize(child))));
      queue.push({ path: joinPath(path, name), entry: child, isRoot: false });
    }
    await sink.write(joinBytes(parts));
  }
  return header;
}

function makeHeader(root: DirectoryEntry, { signer, blake3 }: WriteOptions): Header {
  const rootSighash = digestDirectory(root, blake3).hash;
  const size = BigInt(tableSize(root));
  const place = { tablePosition: BigInt(HEADER_SIZE), tableSize: size };
  if ('keep' in signer) return { ...signer.keep, rootSighash, ...place };
  if (size > MAX_ROOT_MAXSIZE) {
    const message = `the package's root table is ${size} bytes; devices refuse over 1 MiB. Put files into folders`;
    throw new FindingError([finding('root-maxsize', message)]);
  }
  const commitment = { rootSighash, rootMaxsize: size };
  return { ...commitment, ...signCommitment(commitment, signer.key.seed), ...place };
}

function contentSize(root: DirectoryEntry): number {
  let sum = 0n;
  for (const [, entry] of walk(root)) if (entry.kind === 'file') sum += entry.size;
  return Number(sum);
}

async function copyFile(
  file: Extract<Entry, { kind: 'file' }>,
  path: string,
  sink: ByteSink,
  meter: StageMeter,
  options: WriteOptions,
): Promise<void> {
  const hasher = options.blake3.create();
  let copied = 0n;
  for await (const chunk of readChunks(file.content)) {
    if (options.verify !== false) hasher.update(chunk);
    copied += BigInt(chunk.length);
    await sink.write(chunk);
    meter.add(chunk.length);
  }
  if (options.verify === false) return;
  const problem = checkContent(file, path, { hash: hasher.digest(), size: copied });
  if (problem) throw new FindingError([problem]);
}
