import type { DirectoryEntry } from '../../extension/engine/archive/entry.ts';
import { type Tree, tree } from './archives.ts';

/** A manifest that every rule accepts, as it stands in a package. */
export const goodManifest = {
  id: 'test',
  version: '1.0.0:0',
  canMigrateTo: '!',
  canMigrateFrom: '*',
  title: 'Test',
  description: { short: 'A test', long: 'A package for tests.' },
  releaseNotes: 'First.',
  gitHash: null,
  license: 'MIT',
  packageRepo: 'https://example.org/package',
  upstreamRepo: 'https://example.org/upstream',
  marketingUrl: null,
  donationUrl: null,
  osVersion: '0.4.0.2',
  sdkVersion: '3.0.3',
  hardwareAcceleration: false,
  userspaceFilesystems: false,
  virtualNetworking: false,
  hardwareVirtualization: false,
  plugins: [],
  satisfies: [],
  images: { main: { source: 'packed', arch: ['x86_64'], emulateMissing: true, nvidiaContainer: false } },
  volumes: ['main'],
  dependencies: {},
  hardwareRequirements: { device: [], ram: null, arch: null },
};

/** The files of a complete package; `changes` replace or, where undefined, remove top-level entries. */
export function validPackage(changes: Readonly<Record<string, Tree[string] | undefined>> = {}): DirectoryEntry {
  const files: Record<string, Tree[string] | undefined> = {
    'manifest.json': JSON.stringify(goodManifest),
    'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'LICENSE.md': 'MIT\n',
    'instructions.md': '# Test\n',
    'javascript.squashfs': 'javascript',
    'assets.squashfs': 'assets',
    images: { x86_64: { 'main.squashfs': 'image', 'main.json': '{}', 'main.env': '' } },
    ...changes,
  };
  return tree(
    Object.fromEntries(
      Object.entries(files).filter((entry): entry is [string, Tree[string]] => entry[1] !== undefined),
    ),
  );
}
