import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Parts of upstream's own TypeScript code, as oracles. They come inside @start9labs/start-sdk. */

const require = createRequire(import.meta.url);
const core = join(
  dirname(require.resolve('@start9labs/start-sdk/package.json')),
  'node_modules/@start9labs/start-core',
);

interface UpstreamEntry {
  verifiedFileContents(): Promise<ArrayBuffer>;
}

interface UpstreamS9pk {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly archive: { readonly contents: { getPath(path: readonly string[]): UpstreamEntry | null } };
  icon(): Promise<string>;
}

export const { S9pk: UpstreamReader } = require(join(core, 's9pk/index.js')) as {
  S9pk: { deserialize(source: Blob, commitment: null): Promise<UpstreamS9pk> };
};

/** A folder or a file of an archive as upstream reads it; null where a file was left out. */
export interface UpstreamFolder {
  readonly contents: Readonly<Record<string, UpstreamMember>>;
}

interface UpstreamMember extends UpstreamEntry {
  readonly size: bigint;
  readonly contents: UpstreamFolder | object | null;
}

const { ArrayBufferReader, MerkleArchive } = require(join(core, 's9pk/merkleArchive/index.js')) as {
  ArrayBufferReader: new (bytes: ArrayBuffer) => object;
  MerkleArchive: {
    readonly headerSize: number;
    deserialize(source: Blob, context: string, header: object, commitment: null): Promise<{ contents: UpstreamFolder }>;
  };
};

/** The tree of an archive that begins as version 2 does. @throws whatever upstream throws where it does not open it */
export async function upstreamTree(bytes: Uint8Array): Promise<UpstreamFolder> {
  const source = new Blob([Buffer.from(bytes)]);
  const header = new ArrayBufferReader(await source.slice(3, 3 + MerkleArchive.headerSize).arrayBuffer());
  return (await MerkleArchive.deserialize(source, 's9pk', header, null)).contents;
}

interface UpstreamVersion {
  compare(other: UpstreamVersion): 'less' | 'equal' | 'greater' | null;
  toString(): string;
}

export const { ExtendedVersion: UpstreamVersion, VersionRange: UpstreamRange } = require(
  join(core, 'exver/index.js'),
) as {
  ExtendedVersion: { parse(text: string): UpstreamVersion; parseEmver(text: string): UpstreamVersion };
  VersionRange: { parse(text: string): { toString(): string; satisfiedBy(version: UpstreamVersion): boolean } };
};
