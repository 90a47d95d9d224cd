import assert from 'node:assert/strict';
import { onlyPlain, openBrowser } from '../../../extension/engine/browse/open-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { readCborManifest } from '../../../extension/engine/cbor/read-manifest.ts';
import { readImagesSection } from '../../../extension/engine/docker-images/images-section.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { TarError } from '../../../extension/engine/tar/tar-error.ts';
import { verifySections } from '../../../extension/engine/verify/verify-sections.ts';
import { examineManifest03 } from '../../../extension/manifest/rules-03/examine.ts';
import { blake3 } from '../../support/archives.ts';
import { multiarchTar } from '../../support/multiarch.ts';
import { tarOf } from '../../support/tars.ts';
import { cborManifest, olderPackage, signedSections, version1Package } from '../../support/version-1.ts';
import { savedImage } from '../../support/wrapper-03.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, bytesOf, type FuzzTarget } from '../target.ts';

/** Any value that CBOR has, as deep and as wide as chance wants. */
function anyValue(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return random.pick([null, true, false, undefined]);
    case 1:
      return random.pick([0, -1, 2 ** 31, 2 ** 53, 1.5, 1e308, Number.NaN]);
    case 2:
      return BigInt(random.next()) * BigInt(random.next());
    case 3:
      return 'x'.repeat(random.size(5000));
    case 4:
      return random.bytes(random.size(100));
    case 5:
      return random.pick(['script', 'docker', 'main', '1.0.0', '*', '\ud800', '', '\u0000']);
    case 6:
    case 7:
      return Array.from({ length: depth > 6 ? 1 : random.size(depth > 2 ? 3 : 30) }, () => anyValue(random, depth - 1));
    default: {
      const keys = Array.from({ length: depth > 6 ? 1 : random.size(depth > 2 ? 3 : 20) }, () => keyOf(random));
      return new Map(keys.map((key) => [key, anyValue(random, depth - 1)]));
    }
  }
}

const KEYS = [
  'id',
  'version',
  'main',
  'volumes',
  'type',
  'image',
  'mounts',
  'config',
  'actions',
  'dependencies',
] as const;
function keyOf(random: Random): unknown {
  return random.oneIn(12) ? random.next() : random.oneIn(6) ? '__proto__' : random.pick(KEYS);
}

/** Tables, lists, tags and values that are as many as are read, and one more or less. */
function nearLimits(random: Random): Uint8Array {
  const image = savedImage('amd64', 'start9/x/main:1.0.0');
  const tags = Array.from({ length: random.near(BUDGET.imageTags) }, (_, n) => `start9/x/i${n}:1.0.0`);
  const archives = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`a${n}`, tarOf([])]));
  const named = (bytes: number) => multiarchTar({ x86_64: image }, ['x86_64', 'y'.repeat(bytes)]);
  const images = [
    () => savedImage('amd64', ...tags),
    () => multiarchTar(archives(random.near(BUDGET.toldArchives))),
    () => named(random.near(BUDGET.multiarchBytes - 60)),
    () => image,
  ] as const;
  let deep: unknown = 1;
  for (let left = random.near(BUDGET.cborDepth); left > 0; left--) deep = [deep];
  const manifests = [
    () =>
      new Map<string, unknown>([
        ['id', 'x'],
        ['main', deep],
      ]),
    () =>
      new Map<string, unknown>([
        ['id', 'x'],
        ['main', new Array(random.near(BUDGET.cborValues - 5)).fill(1)],
      ]),
    () => new Map<string, unknown>([['id', 'x'.repeat(random.near(BUDGET.manifestBytes - 20))]]),
    () => new Map<string, unknown>([['id', 'x']]),
  ] as const;
  const sections = {
    manifest: cborManifest(random.pick([...manifests, manifests[0]] as [() => unknown, ...(() => unknown)[]])()),
    license: bytesOf('MIT'),
    docker_images: images[random.below(images.length)]?.() ?? image,
  };
  if (!random.oneIn(4)) return version1Package(sections);
  // A table of as many bytes as are read: rows of 17 bytes and their names.
  const rows = Array.from({ length: 16 }, (_, n) => ({
    label: `${n}`.padStart(n === 15 ? random.near(239) : 239, 'l'),
    position: 0n,
    size: 0n,
  }));
  return signedSections(rows, bytesOf('body'));
}

/** Packages of StartOS 0.3: header, table of sections, the manifest as CBOR, and the archives of images. */
export const sectionsTarget: FuzzTarget = {
  name: 'sections',
  covers: [
    'extension/engine/sections/{header,reader,open}.ts',
    'extension/engine/cbor/{read-manifest,shapes,tokenizer,integers,manifest-record,config-spec}.ts',
    'extension/engine/docker-images/{images-section,saved-images}.ts',
    'extension/engine/verify/verify-sections.ts',
  ],

  seeds: async () => [
    olderPackage(),
    version1Package({
      manifest: cborManifest(new Map<string, unknown>([['id', 'x']])),
      license: bytesOf('MIT'),
      instructions: bytesOf('#'),
      icon: bytesOf('<svg/>'),
      docker_images: multiarchTar({ x86_64: savedImage('amd64', 'start9/x/main:1.0.0') }),
      assets: new Uint8Array(1024),
    }),
  ],

  /** Signed rightly, so that what is behind the signature is reached. */
  async make(random) {
    if (random.oneIn(4)) return nearLimits(random);
    const shape = random.below(3);
    const image = savedImage('amd64', 'start9/x/main:1.0.0');
    const images = shape === 0 ? mutate(multiarchTar({ x86_64: image, aarch64: image }), image, random) : image;
    const depth = random.oneIn(20) ? 200 : 4;
    const whole = new Map<unknown, unknown>(KEYS.map((key) => [key, anyValue(random, depth)]));
    const manifest = cborManifest(shape === 1 ? whole : new Map([['id', anyValue(random, 2)]]));
    return version1Package({
      manifest: shape === 2 ? mutate(manifest, image, random) : manifest,
      license: bytesOf('MIT'),
      instructions: new Uint8Array(0),
      icon: random.bytes(random.size(100)),
      docker_images: images,
      assets: random.bytes(random.size(3000)),
      scripts: bytesOf('export const getConfig = 1'),
    });
  },

  async read(input) {
    const source = new MemorySource(input);
    const report = await verifySections(source, { examine: examineManifest03 });
    for (const found of report.findings) assert.ok(found.message !== '', found.code);
    assert.ok(report.opens || report.findings.some(({ severity }) => severity === 'error'), 'closed without a word');
    await readCborManifest(source);
    await allowing([TarError, ImageError], () => readImagesSection(source));
    await allowing([FindingError], async () => {
      const browser = await openBrowser(source, blake3, onlyPlain);
      const walk = new PackageWalk(undefined);
      for await (const node of walk.folder(browser, browser.root)) assert.ok(node.kind !== undefined);
    });
  },
};
