import type { UnpackLayer } from '../../engine/browse/sections-browser.ts';
import type { Blake3 } from '../../engine/hash/blake3.ts';
import type { ByteSource } from '../../engine/io/byte-source.ts';
import type { KnownSigner } from '../../engine/verify/verify.ts';

/** Decompresses layers until it is disposed of. */
export type ScratchSpace = AsyncDisposable & { readonly unpack: UnpackLayer };

/** How packages are reached: on a disk, or in a browser as bytes that the host handed over. */
export interface Packages {
  readonly blake3: Blake3;
  /** @throws an error that says so if there is no such file. */
  open(file: string): Promise<ByteSource & AsyncDisposable>;
  /** Where layers of images are decompressed to; without a disk they must be plain. */
  layers?(): ScratchSpace;
  /** What tells one state of a file from another. */
  stampOf(file: string): Promise<string>;
  /** The user's own keys for packages that lie where this one does. */
  ownSigners(file: string): Promise<readonly KnownSigner[]>;
  /** A source of the wrapper around a package that is newer than it; undefined if there is none, or no wrapper. */
  sourceNewerThan(file: string): Promise<string | undefined>;
}
