import { encode } from 'cborg';
import { joinBytes } from '../../extension/engine/bytes.ts';

/** A version 1 package (s9pk-v1 section 1.1) with these sections, one after the other; its signature is none. */
export function version1Package(sections: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const text = new TextEncoder();
  const size = Object.keys(sections).reduce((sum, label) => sum + 17 + label.length, 0);
  let position = 103 + size;
  const table = Object.entries(sections).map(([label, bytes]) => {
    const entry = new Uint8Array(17 + label.length);
    const view = new DataView(entry.buffer);
    entry[0] = label.length;
    entry.set(text.encode(label), 1);
    view.setBigUint64(1 + label.length, BigInt(position));
    view.setBigUint64(9 + label.length, BigInt(bytes.length));
    position += bytes.length;
    return entry;
  });
  const head = new Uint8Array(103);
  head.set([0x3b, 0x3b, 1]);
  head.fill(7, 3, 35);
  new DataView(head.buffer).setUint32(99, size);
  return joinBytes([head, ...table, ...Object.values(sections)]);
}

/** A manifest as packages have it: one CBOR item and a line feed. */
export function cborManifest(manifest: unknown): Uint8Array {
  return joinBytes([encode(manifest), Uint8Array.of(10)]);
}

/** A package for StartOS 0.3 as it could be published. */
export function olderPackage(): Uint8Array {
  const text = (content: string) => new TextEncoder().encode(content);
  return version1Package({
    manifest: cborManifest({
      'eos-version': '0.3.5.1',
      id: 'older',
      title: 'Older Example',
      version: '1.2.3.1',
      description: { short: 'A package for StartOS 0.3', long: 'It has sections instead of files.' },
      'release-notes': 'First.',
      license: 'MIT',
      'wrapper-repo': 'https://example.org/wrapper',
      'upstream-repo': 'https://example.org/upstream',
      volumes: { main: { type: 'data' } },
    }),
    license: text('MIT\n'),
    instructions: text('# Older\n'),
    icon: text('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    docker_images: new Uint8Array(200_000),
    assets: new Uint8Array(1024),
    scripts: new Uint8Array(0),
  });
}
