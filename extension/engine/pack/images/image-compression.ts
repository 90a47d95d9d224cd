import { FindingError, finding } from '../../finding.ts';
import type { Manifest } from '../../package/manifest.ts';
import { compressionOf, defaultLevel, type WritableCompressor } from '../../squashfs/codec/compress.ts';
import { type Compressor, DEFAULT_BLOCK_SIZE } from '../../squashfs/format.ts';
import { SquashfsError } from '../../squashfs/squashfs-error.ts';
import { ZSTD_IMAGES } from '../../upstream/table.ts';
import { compareVersions, parseVersion } from '../../versions/exver.ts';

/** What the squashfs images of a package are compressed with. */
export interface ImageCompression {
  readonly compressor: WritableCompressor;
  /** Undefined: the compressor has none. */
  readonly level: number | undefined;
}

export interface AskedCompression {
  readonly compressor?: WritableCompressor | undefined;
  readonly level?: number | undefined;
}

type OsVersion = Pick<Manifest, 'osVersion'>;

/**
 * What is asked for; else zstd where every device that can install the package mounts it, and gzip where not: packages for
 * older versions of StartOS reach Raspberry Pis whose kernel knows no zstd. Devices decompress zstd several times as fast.
 * The SDK writes `osVersion`, so it stands for its version too.
 * @throws FindingError `input-unsuitable` if the level is none of the compressor's
 */
export function chooseCompression(
  manifest: OsVersion,
  asked: AskedCompression,
  log: (line: string) => void,
): ImageCompression {
  const usual = mountsZstd(manifest) ? 'zstd' : 'gzip';
  const compressor = asked.compressor ?? usual;
  const level = asked.level ?? defaultLevel(compressor);
  try {
    compressionOf(compressor, DEFAULT_BLOCK_SIZE, level);
  } catch (error) {
    if (!(error instanceof SquashfsError)) throw error;
    throw new FindingError([finding('input-unsuitable', error.message)]);
  }
  const name = level === undefined ? compressor : `${compressor}, level ${level}`;
  log(`Images are compressed with ${name}: ${asked.compressor ? 'it was asked for' : reasonFor(manifest)}`);
  return { compressor, level };
}

/**
 * Why some device that can install the package does not mount an image of that compression; undefined if they all do.
 * gzip, xz, lzo and lz4 are in the kernels of all of them.
 */
export function whyNotMounted(compressor: Compressor, manifest: OsVersion): string | undefined {
  if (compressor === 'lzma') return 'no StartOS device mounts that; gzip, xz, lz4, lzo and zstd are known to kernels';
  if (compressor !== 'zstd' || mountsZstd(manifest)) return undefined;
  return `a Raspberry Pi with a StartOS before ${ZSTD_IMAGES.since} cannot mount that, and osVersion ${manifest.osVersion} allows one; gzip and xz all can`;
}

function mountsZstd({ osVersion }: OsVersion): boolean {
  return compareVersions(parseVersion(osVersion), parseVersion(ZSTD_IMAGES.since)) >= 0;
}

function reasonFor(manifest: OsVersion): string {
  return mountsZstd(manifest)
    ? `every device with StartOS ${ZSTD_IMAGES.since} or newer mounts it (osVersion ${manifest.osVersion})`
    : `devices with a StartOS before ${ZSTD_IMAGES.since} may not mount zstd (osVersion ${manifest.osVersion})`;
}
