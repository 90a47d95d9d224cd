import { createHash } from 'node:crypto';
import { encode } from 'cborg';
import { concatBytes, joinBytes } from '../../extension/engine/bytes.ts';
import { encodeManifest1 } from '../../extension/engine/cbor/manifest-record.ts';
import { isObject, toJsonValue } from '../../extension/engine/package/json.ts';
import { CONTEXT, encodeSectionsHeader, type TableEntry } from '../../extension/engine/sections/header.ts';
import { signPrehashed } from '../../extension/engine/sign/ed25519ph.ts';
import { keyFromSeed } from '../../extension/engine/sign/private-key.ts';
import { savedImage } from './wrapper-03.ts';

/** Whose packages for StartOS 0.3 the tests have. */
export const KEY_1 = keyFromSeed(new Uint8Array(32).fill(9));

/** A version 1 package (s9pk-v1 section 1.1) with these sections, one after the other, signed. */
export function version1Package(sections: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const size = Object.keys(sections).reduce((sum, label) => sum + 17 + label.length, 0);
  let position = 103n + BigInt(size);
  const entries = Object.entries(sections).map(([label, bytes]) => {
    const entry = { label, position, size: BigInt(bytes.length) };
    position += entry.size;
    return label === 'scripts' && bytes.length === 0 ? { ...entry, position: 0n } : entry;
  });
  return signedSections(entries, joinBytes(Object.values(sections)));
}

/** A version 1 package with any table over a body that is signed. */
export function signedSections(entries: readonly TableEntry[], body: Uint8Array): Uint8Array {
  const digest = new Uint8Array(createHash('sha512').update(body).digest());
  const signature = signPrehashed(digest, KEY_1.seed, CONTEXT);
  return concatBytes(encodeSectionsHeader({ publicKey: KEY_1.publicKey, signature }, entries), body);
}

/** Any value as a manifest section: one CBOR item and a line feed. */
export function cborManifest(manifest: unknown): Uint8Array {
  return joinBytes([encode(manifest), Uint8Array.of(10)]);
}

/** A package for StartOS 0.3 as it could be published, for one architecture. */
export function olderPackage(): Uint8Array {
  return version1Package(olderSections(savedImage('amd64', 'start9/older/main:1.2.3.1')));
}

/** Its sections, in their order, with these images. */
export function olderSections(images: Uint8Array) {
  const text = (content: string) => new TextEncoder().encode(content);
  const script = { type: 'script' };
  const manifest = toJsonValue({
    'eos-version': '0.3.5.1',
    id: 'older',
    title: 'Older Example',
    version: '1.2.3.1',
    description: { short: 'A package for StartOS 0.3', long: 'It has sections instead of files.' },
    'release-notes': 'First.',
    license: 'MIT',
    'wrapper-repo': 'https://example.org/wrapper',
    'upstream-repo': 'https://example.org/upstream',
    assets: { icon: 'icon.svg' },
    main: { type: 'docker', image: 'main', entrypoint: 'run', mounts: { main: '/data' } },
    'health-checks': {},
    volumes: { main: { type: 'data' } },
    interfaces: {},
    backup: { create: script, restore: script },
  });
  if (!isObject(manifest)) throw new Error('this is an object');
  return {
    manifest: encodeManifest1(manifest),
    license: text('MIT\n'),
    instructions: text('# Older\n'),
    icon: text('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
    docker_images: images,
    assets: new Uint8Array(1024),
    scripts: text('export const createBackup = 1, restoreBackup = 1;\n'),
  };
}
