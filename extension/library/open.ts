import { openArchive } from '../engine/archive/reader.ts';
import { openBrowser } from '../engine/browse/open-browser.ts';
import type { PackageBrowser } from '../engine/browse/package-browser.ts';
import { PackageWalk } from '../engine/browse/package-walk.ts';
import { ScratchLayers } from '../engine/browse/unpack-layer.ts';
import { FindingError, finding } from '../engine/finding.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { readChunks } from '../engine/io/byte-source.ts';
import { Closers } from '../engine/io/closers.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { printJson } from '../engine/package/json.ts';
import { manifestToJson } from '../engine/package/manifest.ts';
import { openSections } from '../engine/sections/open.ts';
import { commitmentToJson } from '../engine/sign/commitment.ts';
import { readVerifiedManifest } from '../engine/verify/verify.ts';
import { generationOf } from '../engine/verify/verify-either.ts';
import { signerOf } from './describe.ts';
import type { Commitment, Signer } from './facts.ts';

/** One thing in a package, or in an image in it. Bytes of names that are no UTF-8 are lone surrogates (U+DC80 to U+DCFF). */
export interface PackageEntry {
  readonly name: string;
  /** From the package's root, through images: `images/x86_64/main.squashfs/etc/passwd`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'missing' | 'symlink' | 'block' | 'character' | 'fifo' | 'socket';
  /** Bytes of a file; of anything else 0. */
  readonly size: number;
  /** It is an image, with entries of its own. */
  readonly isImage: boolean;
  /** Where a symbolic link leads. */
  readonly target?: string;
  /** BLAKE3 of a file of the package itself, in hexadecimal, as signed. */
  readonly hash?: string;
  /** Permission bits, inside images. */
  readonly mode?: number;
  /** Seconds since 1970, inside images. */
  readonly mtime?: number;
}

export interface OpenOptions {
  /** Ends whatever is read from the package later. */
  readonly signal?: AbortSignal | undefined;
}

/** A package that is open, until it is closed. */
export interface OpenPackage {
  /** 1: StartOS 0.3. 2: StartOS 0.4. */
  readonly generation: 1 | 2;
  /** Bytes. */
  readonly size: number;
  /** As the package has it, numbers too large for JavaScript rounded. */
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly signer: Signer;
  /** Of generation 2. */
  readonly commitment?: Commitment;
  /**
   * What is in a folder or an image, by name; of the package itself without a path.
   * @throws FindingError if there is nothing at the path, or, at the end, with what could not be read
   */
  list(path?: string): AsyncIterable<PackageEntry>;
  /**
   * The bytes of a file, in pieces, after the hash of the file of the package that they are in was checked.
   * @throws FindingError if it is damaged, not there, or not a file
   */
  read(path: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a package from its header, tables and manifest, whatever its size; contents are read when they are asked for. Runs nothing.
 * @throws FindingError with every finding if it does not open; the file system's error
 */
export async function open(file: string, { signal }: OpenOptions = {}): Promise<OpenPackage> {
  const closers = new Closers();
  try {
    const source = await FileSource.open(file);
    closers.use(source);
    const layers = new ScratchLayers({ signal });
    closers.use({ close: () => layers[Symbol.asyncDispose]() });
    const facts = await factsOf(source);
    const browser = await openBrowser(source, fastestBlake3(), layers.unpack);
    return {
      ...facts,
      size: source.size,
      list: (path = '') => list(browser, path, signal),
      read: (path) => read(browser, path, signal),
      close: () => closers[Symbol.asyncDispose](),
    };
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}

type Facts = Pick<OpenPackage, 'generation' | 'manifest' | 'signer' | 'commitment'>;

async function factsOf(source: FileSource): Promise<Facts> {
  if ((await generationOf(source)) === 1) {
    const { header, manifest } = await openSections(source);
    return { generation: 1, manifest: JSON.parse(printJson(manifest)), signer: signerOf(header.publicKey) };
  }
  const blake3 = fastestBlake3();
  const { root, header } = await openArchive(source, { blake3 });
  const { manifest, findings } = await readVerifiedManifest(root, blake3);
  if (!manifest) throw new FindingError(findings);
  return {
    generation: 2,
    manifest: JSON.parse(printJson(manifestToJson(manifest))),
    signer: signerOf(header.publicKey),
    commitment: commitmentToJson(header),
  };
}

async function* list(
  browser: PackageBrowser,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<PackageEntry> {
  const node = await browser.nodeAt(path);
  const walk = new PackageWalk(signal);
  for await (const child of walk.folder(browser, node)) yield child;
  const unread = walk.found.all();
  if (unread.length > 0) throw new FindingError(unread);
}

async function* read(
  browser: PackageBrowser,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const node = await browser.nodeAt(path);
  const content = await browser.content(node);
  if (!content) throw new FindingError([finding('file-missing', `${path} is not a file but a ${node.kind}`, { path })]);
  for await (const chunk of readChunks(content)) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
