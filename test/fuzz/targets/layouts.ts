import assert from 'node:assert/strict';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { readSavedImages } from '../../../extension/engine/docker-images/saved-images.ts';
import { TarStore } from '../../../extension/engine/image/blob-store.ts';
import { checkEnv, encodeConfigEnv, encodeConfigJson } from '../../../extension/engine/image/image-config.ts';
import { ImageError } from '../../../extension/engine/image/image-error.ts';
import { mergeLayers } from '../../../extension/engine/image/layer-merge.ts';
import { blobPath, readDockerArchive, readOciLayout, sha256 } from '../../../extension/engine/image/layout.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { TarError } from '../../../extension/engine/tar/tar-error.ts';
import { tarOf } from '../../support/tars.ts';
import { mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, bytesOf, type FuzzTarget, textOf } from '../target.ts';

/**
 * A layout as its documents: the files that have names, and blobs, which others name by `@N` (the digest of blob N) or `#N` (where
 * it lies). A blob names only those behind it, so that all digests can be right whatever the documents say.
 */
interface Documents {
  readonly files: Readonly<Record<string, unknown>>;
  readonly blobs: readonly unknown[];
}

const LAYER = tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: 'root' }, { name: '.wh.gone' }]);
/** Instead of a blob of JSON. */
const LAYER_MARK = 'layer';

const TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  image: 'application/vnd.oci.image.manifest.v1+json',
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;
const linux = (architecture: string) => ({ architecture, os: 'linux' });
const CONFIG = {
  ...linux('amd64'),
  config: { Env: ['A=1', 'PATH=/bin'], WorkingDir: '/w', User: 'u', Entrypoint: ['/bin/sh'], Cmd: null },
  rootfs: { type: 'layers', diff_ids: [sha256(LAYER)] },
};

const OCI: Documents = {
  files: {
    'oci-layout': { imageLayoutVersion: '1.0.0' },
    'index.json': { schemaVersion: 2, manifests: [{ mediaType: TYPES.index, digest: '@0', size: 1 }] },
  },
  blobs: [
    {
      manifests: [
        { mediaType: TYPES.image, digest: '@1', size: 1, platform: { ...linux('amd64'), variant: 'v1' } },
        { mediaType: TYPES.image, digest: '@1', size: 1, platform: linux('unknown') },
        { mediaType: TYPES.image, digest: '@1', annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
      ],
    },
    {
      config: { mediaType: TYPES.config, digest: '@2', size: 1 },
      layers: [{ mediaType: TYPES.layer, digest: '@3', size: LAYER.length }],
    },
    CONFIG,
    LAYER_MARK,
  ],
};
const DOCKER: Documents = {
  files: { 'manifest.json': [{ Config: '#0', RepoTags: ['start9/x/main:1.0.0'], Layers: ['#1'] }], repositories: {} },
  blobs: [CONFIG, LAYER_MARK],
};

/** The tar of a layout; of a text that describes none, one whose index is that text. */
function tarOfText(text: string): Uint8Array {
  let documents: Documents | undefined;
  try {
    const value = JSON.parse(text) as Partial<Documents> | null;
    const { files, blobs } = value ?? {};
    if (typeof files === 'object' && files !== null && Array.isArray(blobs)) documents = { files, blobs };
  } catch {
    // A text that is no JSON is one that some index may be.
  }
  if (!documents) return tarOf(['index.json', 'manifest.json'].map((name) => ({ name, content: text })));
  const digests: string[] = [];
  const named = (_: string, value: unknown) => {
    const [, mark, number] = typeof value === 'string' ? (/^([@#])(\d{1,4})$/.exec(value) ?? []) : [];
    const digest = digests[Number(number)];
    if (digest === undefined) return value;
    return mark === '@' ? digest : blobPath(digest);
  };
  const bytes = (value: unknown) => (value === LAYER_MARK ? LAYER : bytesOf(JSON.stringify(value, named) ?? ''));
  const entries: { name: string; content: Uint8Array }[] = [];
  for (const [index, blob] of [...documents.blobs.entries()].reverse()) {
    const content = bytes(blob);
    digests[index] = sha256(content);
    entries.push({ name: blobPath(digests[index]), content });
  }
  const files = Object.entries(documents.files).map(([name, value]) => ({
    name: name.slice(0, 99),
    content: bytes(value),
  }));
  return tarOf([...entries, ...files]);
}

const KEYS: readonly [string, ...string[]] = [
  ...(['manifests', 'layers', 'config', 'digest', 'mediaType', 'platform', 'architecture', 'os', 'variant'] as const),
  ...['annotations', 'vnd.docker.reference.type', 'artifactType', 'size', 'rootfs', 'diff_ids', 'Env', 'Cmd'],
  ...['Entrypoint', 'User', 'WorkingDir', 'Config', 'RepoTags', 'Layers', '__proto__', 'constructor'],
];
const WORDS: readonly [string, ...string[]] = [
  ...(['@0', '@1', '@2', '@3', '#0', '#1', '#2', '', 'amd64', 'arm64', 'linux', 'windows', 'unknown', 'v3'] as const),
  ...Object.values(TYPES),
  ...[
    `${TYPES.layer}+gzip`,
    `${TYPES.layer}+encrypted`,
    'sha512:00',
    `sha256:${'0'.repeat(64)}`,
    '../../etc/passwd',
    '/abs',
  ],
  ...['A=1\nB=2', 'start9/x/main:1.0.0', '\u0000', '\ud800'],
];

function anyJson(random: Random, depth: number): unknown {
  switch (random.below(depth > 0 ? 8 : 5)) {
    case 0:
      return random.pick([null, true, 0, -1, 1.5, 2 ** 53]);
    case 1:
    case 2:
    case 3:
    case 4:
      return random.pick(WORDS);
    case 5:
      return Array.from({ length: random.size(depth > 2 ? 40 : 6) }, () => anyJson(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.size(6) }, () => [random.pick(KEYS), anyJson(random, depth - 1)]),
      );
  }
}

/** Indexes in indexes, each naming the next many times, as deep as they may be, and one more or less. */
function nested(random: Random): Documents {
  const depth = random.between(2, 6);
  const width = 1 + random.size(400);
  const name = (next: number, number: number) => ({
    mediaType: random.oneIn(2) ? TYPES.index : TYPES.list,
    digest: `@${next}`,
    ...(random.oneIn(3) && { platform: linux(`x${number}`) }),
  });
  const index = (level: number) => ({ manifests: Array.from({ length: width }, (_, number) => name(level, number)) });
  const blobs: unknown[] = Array.from({ length: depth }, (_, level) => index(level + 1));
  return {
    files: { 'index.json': index(0) },
    blobs: [...blobs, random.oneIn(2) ? { manifests: [] } : anyJson(random, 4)],
  };
}

/** What of a good layout is changed in one place to something else. */
function changed(value: unknown, random: Random): unknown {
  if (random.oneIn(25)) return anyJson(random, 3);
  if (Array.isArray(value)) {
    const items = value.map((item) => changed(item, random));
    return random.oneIn(12) ? [...items, ...items] : items;
  }
  if (typeof value !== 'object' || value === null) return random.oneIn(12) ? random.pick(WORDS) : value;
  const kept = Object.entries(value).filter(() => !random.oneIn(25));
  return Object.fromEntries(
    kept.map(([key, item]) => [random.oneIn(40) ? random.pick(KEYS) : key, changed(item, random)]),
  );
}

/** JSON of images: indexes, manifests and configurations as registries, buildx and `docker save` write them. */
export const layoutsTarget: FuzzTarget = {
  name: 'layouts',
  covers: [
    'extension/engine/image/{layout,image-config,blob-store,platform}.ts',
    'extension/engine/docker-images/saved-images.ts',
  ],

  seeds: async () => [OCI, DOCKER].map((documents) => bytesOf(JSON.stringify(documents))),

  async make(random) {
    if (random.oneIn(60)) {
      const image = (number: number) => ({ mediaType: TYPES.image, digest: '@0', platform: linux(`x${number}`) });
      const manifests = Array.from({ length: random.near(BUDGET.layoutImages) }, (_, number) => image(number));
      return bytesOf(JSON.stringify({ ...OCI, files: { 'index.json': { manifests } } }));
    }
    if (random.oneIn(400)) {
      // Read as a tar's own, and as long as is read.
      return bytesOf(`{"manifests":[]}${' '.repeat(random.near(BUDGET.layoutJsonBytes) - 16)}`);
    }
    if (random.oneIn(6)) return bytesOf(JSON.stringify(nested(random)));
    const good = random.oneIn(3) ? DOCKER : OCI;
    const value = random.oneIn(4)
      ? {
          files: { 'index.json': anyJson(random, 6), 'manifest.json': anyJson(random, 6) },
          blobs: [anyJson(random, 5)],
        }
      : { files: changed(good.files, random), blobs: good.blobs.map((blob) => changed(blob, random)) };
    return bytesOf(JSON.stringify(value));
  },
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input) {
    const source = new MemorySource(tarOfText(textOf(input)));
    const failures = [TarError, ImageError];
    await allowing([...failures, SyntaxError, RangeError], () => readSavedImages(source));
    const store = await TarStore.index(source);
    for (const read of [readOciLayout, readDockerArchive])
      for (const arch of ['x86_64', 'aarch64', 'riscv64'])
        await allowing(failures, async () => {
          const { config, layers, digest } = await read(store, arch);
          assert.ok(layers.length > 0);
          assert.match(digest, /^sha256:[0-9a-f]{64}$/);
          for (const list of [config.env, config.entrypoint ?? [], config.cmd ?? []])
            for (const item of list) assert.equal(typeof item, 'string');
          assert.doesNotThrow(() => JSON.parse(new TextDecoder().decode(encodeConfigJson(config))));
          assert.ok(encodeConfigEnv(config).length >= 0);
          checkEnv(config, '/images/main');
          await mergeLayers(layers.map(({ blob }) => blob));
        });
  },
};
