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
