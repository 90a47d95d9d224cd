import assert from 'node:assert/strict';
import { encodeManifest1 } from '../../extension/engine/cbor/manifest-record.ts';
import { isObject, type JsonObject, toJsonValue } from '../../extension/engine/package/json.ts';
import { multiarchTar } from './multiarch.ts';
import { tarOf } from './tars.ts';
import { version1Package } from './version-1.ts';
import { savedImage } from './wrapper-03.ts';

/** Packages for StartOS 0.3 with something of everything that converting has to do with. */

const docker = { type: 'docker', image: 'main', entrypoint: 'run', 'io-format': 'json', mounts: { main: '/data' } };
const system = { ...docker, image: 'compat', system: true };
const script = { type: 'script' };

export const LEGACY_MANIFEST = {
  'eos-version': '0.3.5.1',
  id: 'older',
  title: 'Older Example',
  version: '1.2.3.1',
  'git-hash': '0123456789abcdef\n',
  description: { short: 'short', long: 'long' },
  'release-notes': 'First.',
  license: 'MIT',
  'wrapper-repo': 'https://example.org/wrapper',
  'upstream-repo': 'https://example.org/upstream',
  'support-site': 'https://example.org/support',
  alerts: { install: 'Wait.' },
  assets: { icon: 'icon.svg' },
  main: { ...docker, 'gpu-acceleration': true },
  'health-checks': { web: { ...docker, name: 'Web' } },
  config: { get: script, set: script },
  volumes: { main: { type: 'data' }, files: { type: 'assets' }, tls: { type: 'certificate', 'interface-id': 'main' } },
  interfaces: {
    main: {
      name: 'UI',
      description: 'd',
      'lan-config': { 443: { ssl: true, internal: 80 } },
      ui: true,
      protocols: ['tcp', 'http'],
    },
  },
  backup: { create: script, restore: script },
  migrations: { from: { '*': script }, to: { '*': script } },
  dependencies: {
    bitcoind: { version: '>=0.21.1.2', requirement: { type: 'opt-in', how: 'Choose it.' }, description: 'Blocks' },
    nostr: { version: '*', requirement: { type: 'required' } },
  },
  'hardware-requirements': { device: { display: 'Intel' }, ram: 1073741824, arch: ['x86_64', 'aarch64'] },
};

export type LegacyManifest = Partial<Record<keyof typeof LEGACY_MANIFEST, unknown>> & Record<string, unknown>;

/** Its backups run in an image that StartOS 0.3 brought. */
export const SYSTEM_BACKUP: LegacyManifest = { backup: { create: system, restore: system } };

export function legacyManifest(changes: LegacyManifest = {}): JsonObject {
  const value = toJsonValue({ ...LEGACY_MANIFEST, ...changes });
  assert.ok(isObject(value));
  return value;
}

/** The archives of both architectures, with the image `main` and what else a test wants. */
export function legacyImages(id: string, version: string): Uint8Array {
  const tag = `start9/${id}/main:${version}`;
  return multiarchTar({ aarch64: savedImage('arm64', tag), x86_64: savedImage('amd64', tag) });
}

const text = (content: string) => new TextEncoder().encode(content);

export function legacyPackage(
  changes: LegacyManifest = {},
  sections: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const manifest = legacyManifest(changes);
  return version1Package({
    manifest: encodeManifest1(manifest),
    license: text('MIT\n'),
    instructions: text('# Older\n'),
    icon: text('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
    docker_images: legacyImages(String(manifest.get('id')), String(manifest.get('version'))),
    assets: tarOf([
      { name: 'files/' },
      { name: 'files/run.sh', content: '#!/bin/sh\n', mode: 0o755 },
      { name: 'files/a/b.txt', content: 'b\n' },
    ]),
    scripts: text('export const getConfig = 1, setConfig = 1, migration = 1;\n'),
    ...sections,
  });
}
