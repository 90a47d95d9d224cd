import { SERIES } from './scale/series.ts';
import {
  exponentOfPoints,
  medianOf,
  mostMemoryOfPoints,
  noteOf,
  type Read,
  ratio,
  ratioOfNotes,
  secondsAbove,
  secondsOf,
} from './standing/readings.ts';

/** What the project means to be in speed and memory: all of it, here alone. `npm run bench` says what of it holds. */
export interface Target {
  /** Results of two runs are compared by it; never renamed. */
  readonly id: string;
  /** What measures it: `npm run bench -- PART`. */
  readonly part: string;
  readonly what: string;
  /** What is measured in the same run, which the figure is a ratio to; none for what is meant by itself. */
  readonly peer?: string;
  readonly bound: { readonly most: number } | { readonly least: number };
  /** `x` for ratios, which are compared as they are, as bytes and exponents are; times are, too, as multiples of a yardstick. */
  readonly unit: 'x' | 's' | 'ms' | 'MB' | 'kB' | 'exponent' | 'parses';
  readonly read: Read;
}

const MEGABYTE = 1e6;
const TAR = 'root file system tar to squashfs';
const GZIP = 'the same with gzip';
const AGAIN = 'pack what did not change';

/** What an image is packed from, by the names that packing-again.ts gives them. */
const SOURCES: readonly (readonly [id: string, name: string])[] = [
  ['tar', 'root file system tar'],
  ['layout', 'OCI layout, a folder'],
  ['squashfs', 'squashfs image'],
  ['layout-tar', 'OCI layout, a tar'],
  ['docker-archive', 'docker archive'],
];

const IMAGES: readonly Target[] = [
  {
    ...{ id: 'image-zstd-codec', part: 'images', what: 'tar to squashfs, zstd 4: processor time', peer: 'zstd alone' },
    ...{ bound: { most: 1.5 }, unit: 'x', read: ratio(TAR, 's9pk', 'zstd alone', 'processorSeconds') },
  },
  {
    ...{
      id: 'image-reference-processor',
      part: 'images',
      what: 'tar to squashfs: times as fast, processor time',
      peer: 'tar2sqfs -q (xz)',
    },
    ...{ bound: { least: 20 }, unit: 'x', read: ratio(TAR, 'tar2sqfs -q', 's9pk', 'processorSeconds') },
  },
  {
    ...{
      id: 'image-reference-wall',
      part: 'images',
      what: 'tar to squashfs: times as fast, wall time',
      peer: 'tar2sqfs -q (xz)',
    },
    ...{ bound: { least: 20 }, unit: 'x', read: ratio(TAR, 'tar2sqfs -q', 's9pk') },
  },
  {
    ...{ id: 'image-reference-size', part: 'images', what: 'tar to squashfs, zstd 4: size', peer: 'tar2sqfs -q (xz)' },
    ...{ bound: { most: 1.15 }, unit: 'x', read: ratioOfNotes('ours-zstd bytes', 'reference bytes') },
  },
  {
    ...{
      id: 'image-mksquashfs',
      part: 'images',
      what: 'tar to squashfs, zstd 4: wall time',
      peer: 'mksquashfs, zstd 4',
    },
    ...{ bound: { most: 1.1 }, unit: 'x', read: ratio(TAR, 's9pk', 'mksquashfs') },
  },
  {
    ...{ id: 'image-gzip-codec', part: 'images', what: 'tar to squashfs, gzip 6: processor time', peer: 'zlib alone' },
    ...{ bound: { most: 1.25 }, unit: 'x', read: ratio(GZIP, 's9pk', 'zlib alone', 'processorSeconds') },
  },
  {
    ...{ id: 'build-reference', part: 'images', what: 'a built image to a package: times as fast' },
    ...{ peer: "the reference's sequence", bound: { least: 8 }, unit: 'x' },
    read: ratio('built image to a signed package', "the reference's sequence", 's9pk pack'),
  },
  ...SOURCES.map(
    ([id, name]): Target => ({
      ...{ id: `again-${id}`, part: 'images', what: `pack again, nothing changed: ${name}` },
      ...{ bound: { most: 0.7 }, unit: 's', read: secondsOf(AGAIN, name) },
    }),
  ),
  {
    ...{
      id: 'again-built',
      part: 'images',
      what: 'pack again, nothing changed: Dockerfile, beside what the engine takes',
    },
    ...{ bound: { most: 0.7 }, unit: 's' },
    read: secondsAbove('pack what was built again', 'nothing changed', 'docker buildx build'),
  },
  {
    ...{
      id: 'changed-part',
      part: 'images',
      what: 'pack with 5 % of the files changed: times as fast',
      peer: 'packing it first',
    },
    ...{ bound: { least: 6 }, unit: 'x', read: ratio('pack a root file system tar', 'first', '5 %') },
  },
  {
    ...{ id: 'image-memory', part: 'images', what: 'most memory above base, images of all kinds' },
    ...{ bound: { most: 300 }, unit: 'MB', read: noteOf('peak memory above base, bytes', MEGABYTE) },
  },
  {
    ...{ id: 'host-delay', part: 'images', what: "delay of the host's event loop while packing, p99" },
    ...{ bound: { most: 20 }, unit: 'ms', read: noteOf("delay of the host's event loop, p99, ms") },
  },
];

const PACKAGES: readonly Target[] = [
  {
    ...{ id: 'verify-native', part: 'packages', what: 'verify a package: wall time', peer: 'b3sum --num-threads 1' },
    ...{ bound: { most: 1.1 }, unit: 'x', read: ratio('verify a package of', 's9pk', 'b3sum') },
  },
  {
    ...{
      id: 'verify-wasm',
      part: 'packages',
      what: 'verify a package without a native module: wall time',
      peer: 'blake3-wasm alone',
    },
    ...{ bound: { most: 1.1 }, unit: 'x', read: ratio('the same without a native module', 's9pk', 'blake3-wasm') },
  },
  {
    ...{ id: 'open-bytes', part: 'packages', what: 'open a package of 10 GB: bytes read' },
    ...{ bound: { most: 64 }, unit: 'kB', read: noteOf('read to open a package of 10 GB, bytes', 1000) },
  },
  {
    ...{ id: 'open-time', part: 'packages', what: 'open a package of 10 GB' },
    ...{ bound: { most: 50 }, unit: 'ms', read: milliseconds(secondsOf('open a package of 10 GB', 's9pk')) },
  },
  {
    ...{ id: 'list-image', part: 'packages', what: 'list the root of an image of 1 GB, the package opened first' },
    ...{ bound: { most: 100 }, unit: 'ms', read: milliseconds(secondsOf('list the root of an image', 's9pk')) },
  },
  {
    ...{ id: 'compare-packages', part: 'packages', what: 'compare two packages of 1 GB that share an image' },
    ...{ bound: { most: 100 }, unit: 'ms', read: milliseconds(secondsOf('compare two packages', 's9pk')) },
  },
];

const SECTIONS: readonly Target[] = [
  {
    ...{
      id: 'sections-pack',
      part: 'sections',
      what: 'pack for 0.3, images given: wall time',
      peer: 'cp, sync, openssl',
    },
    ...{ bound: { most: 1.3 }, unit: 'x', read: ratio('pack a package for 0.3', 's9pk', 'cp, sync') },
  },
  {
    ...{ id: 'sections-verify', part: 'sections', what: 'verify 2 GB for 0.3: speed', peer: 'openssl dgst -sha512' },
    ...{ bound: { least: 0.9 }, unit: 'x', read: ratio('verify a package for 0.3', 'openssl', 's9pk') },
  },
  {
    ...{ id: 'sections-memory', part: 'sections', what: 'most memory of s9pk verify, 2 GB for 0.3' },
    ...{ bound: { most: 300 }, unit: 'MB', read: noteOf('memory of s9pk verify for 0.3, bytes', MEGABYTE) },
  },
  {
    ...{ id: 'sections-open', part: 'sections', what: 'open 2 GB for 0.3 first thing in a new process' },
    ...{ bound: { most: 50 }, unit: 'ms', read: medianOf('open a package for 0.3 in a new process, ms') },
  },
];

const MANIFESTS: readonly Target[] = [
  {
    ...{ id: 'keystroke-validate', part: 'manifests', what: 'validate after a keystroke, parse included' },
    ...{ bound: { most: 30 }, unit: 'ms', read: medianOf('validate, ms') },
  },
  {
    ...{ id: 'keystroke-complete', part: 'manifests', what: 'complete after a keystroke' },
    ...{ bound: { most: 20 }, unit: 'ms', read: medianOf('complete, ms') },
  },
  {
    ...{ id: 'keystroke-parses', part: 'manifests', what: 'parses after a keystroke' },
    ...{ bound: { most: 1 }, unit: 'parses', read: noteOf('parses a keystroke') },
  },
];

const ACTIVATION: readonly Target[] = [
  {
    ...{ id: 'activation-view', part: 'activation', what: 'activation when its view is opened' },
    ...{ bound: { most: 100 }, unit: 'ms', read: medianOf('activation when its view is opened, ms') },
  },
  {
    ...{ id: 'activation-start', part: 'activation', what: 'activation with a wrapper, as VS Code starts' },
    ...{ bound: { most: 100 }, unit: 'ms', read: medianOf('activation with a wrapper, as VS Code starts, ms') },
  },
];

/** What is opened in the sidebar of a workspace with 200 packages, as test/bench/sidebar names it. */
const SIDEBAR: readonly Target[] = [
  'each package, as soon as they are listed',
  'each package, once all is quiet',
  'each package again',
  'folders and images in packages',
  'each package, while one changes',
].map((what) => ({
  ...{ id: `sidebar-${slug(what)}`, part: 'sidebar', what: `p95 among 200 in the sidebar: ${what}` },
  ...{ bound: { most: 100 }, unit: 'ms', read: noteOf(`sidebar: ${what}, p95 in ms`) },
}));

/** How far from the promised exponent one that is fitted to measured times may be: half way to the next power is 0.5. */
const EXPONENT_TOLERANCE = 0.25;

/** Most memory above base at any size, in MB. */
const MOST_MEMORY = 300;
/** Where a tree of all names is kept, of which there may be a million: 250 bytes for each, and what V8 takes before it collects. */
const MOST_MEMORY_OF_TREES = 1000;
const TREES = ['image from a tar', 'image from a folder', 'write an image'];

const SCALE: readonly Target[] = SERIES.flatMap(({ name, exponent, from }): Target[] => {
  const time: Target = {
    ...{ id: `exponent-${slug(name)}`, part: 'scale', what: `how time grows with size: ${name}` },
    ...{ bound: { most: exponent + EXPONENT_TOLERANCE }, unit: 'exponent', read: exponentOfPoints(name, from) },
  };
  const memory: Target = {
    ...{ id: `memory-${slug(name)}`, part: 'scale', what: `most memory above base, of any size: ${name}` },
    ...{ bound: { most: TREES.includes(name) ? MOST_MEMORY_OF_TREES : MOST_MEMORY }, unit: 'MB' },
    read: mostMemoryOfPoints(name, MEGABYTE),
  };
  // Manifests are texts, and read whole.
  return name.startsWith('check ') ? [time] : [time, memory];
});

export const TARGETS: readonly Target[] = [
  ...IMAGES,
  ...PACKAGES,
  ...SECTIONS,
  ...MANIFESTS,
  ...ACTIVATION,
  ...SIDEBAR,
  ...SCALE,
];

function milliseconds(read: Read): Read {
  return (from) => {
    const seconds = read(from);
    return seconds && { value: seconds.value * 1000, noise: seconds.noise * 1000 };
  };
}

function slug(name: string): string {
  return name.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
}
