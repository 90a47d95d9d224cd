import { resolve } from 'node:path';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../../engine/image/cache/image-cache.ts';
import { IconCache } from '../../engine/pack/dependencies/icon-cache.ts';
import type { MadePackage } from '../../engine/pack/write-verified.ts';
import type { MadeSections } from '../../engine/pack-sections/pack-sections.ts';
import { localized } from '../../engine/package/manifest.ts';
import { archNamed } from '../../engine/package/parse-images.ts';
import { suggest } from '../../engine/package/suggest.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import { packedOf } from '../../library/describe.ts';
import type { Generation } from '../../manifest/schema/schema.ts';
import { imageIds } from '../../manifest/wrapper/packing/for-packing.ts';
import { generationOfFolder, packFolder } from '../../manifest/wrapper/packing/pack-folder.ts';
import {
  parseCompressor,
  parseIconOption,
  parseImageOption,
  parseNumber,
  parseOrder,
  UsageError,
} from '../arguments.ts';
import { type Command, type OptionValues, text, texts } from '../command.ts';
import { paint } from '../output.ts';

/** An image that the manifest does not have is wrong use, known before anything is built. */
async function checkIds(folder: string, images: readonly { id: string }[]): Promise<void> {
  const ids = images.length > 0 ? await imageIds(folder) : undefined;
  for (const { id } of ids ? images : []) {
    if (ids?.includes(id)) continue;
    const near = suggest(id, ids ?? []);
    const hint = near === undefined ? `; it has ${ids?.join(', ') || 'none'}` : `; did you mean "${near}"?`;
    throw new UsageError(`the manifest has no image "${id}"${hint}`);
  }
}

export const packCommand: Command = {
  usage: 's9pk pack [DIR]',
  summary: 'Pack the wrapper in DIR (default: here) into a signed, verified package',
  maxArguments: 1,
  options: {
    output: { type: 'string', short: 'o' },
    arch: { type: 'string', multiple: true },
    image: { type: 'string', multiple: true },
    'dependency-icon': { type: 'string', multiple: true },
    key: { type: 'string' },
    'no-git': { type: 'boolean' },
    'git-hash': { type: 'string' },
    'no-build': { type: 'boolean' },
    'no-check': { type: 'boolean' },
    builder: { type: 'string' },
    compressor: { type: 'string' },
    level: { type: 'string' },
    os: { type: 'string' },
    'no-cache': { type: 'boolean' },
    paranoid: { type: 'boolean' },
    icon: { type: 'string' },
    license: { type: 'string' },
    instructions: { type: 'string' },
    javascript: { type: 'string' },
    assets: { type: 'string' },
    'no-assets': { type: 'boolean' },
    order: { type: 'string' },
  },
  help: {
    output: ['FILE', 'where the package goes, or a folder for it (default: DIR/<id>[_<arch>].s9pk)'],
    arch: ['ARCH', 'pack for x86_64, aarch64 or riscv64 only; may be repeated'],
    image: [
      'ID:ARCH=PATH',
      'take an image from disk: a root tar, an OCI layout, a docker archive or a squashfs; ID=PATH for all architectures',
    ],
    'dependency-icon': ['ID=FILE', 'the icon of a dependency from disk, whatever the manifest says; may be repeated'],
    key: ['FILE', 'sign with this key (default: the nearest .startos/build.key.pem)'],
    'no-git': ['', 'record no commit'],
    'git-hash': ['HASH', 'record this commit instead of asking git'],
    'no-build': ['', 'pack the JavaScript bundle as it is, even if its sources are newer'],
    'no-check': ['', 'build the bundle without checking the types of its sources'],
    builder: ['NAME', 'the buildx builder for images, as docker buildx ls shows it (default: the one in use)'],
    compressor: ['NAME', 'zstd (default from osVersion 0.4.0-beta.0 on), gzip (default below) or xz'],
    level: ['N', 'how hard to compress: gzip 1 to 9 (default 6), zstd 1 to 22 (default 4); xz takes none'],
    os: ['VERSION', '0.3 or 0.4, where a repository has a manifest for each (default: 0.4)'],
    'no-cache': ['', 'make every squashfs image anew, even of images that did not change'],
    paranoid: ['', 'hash what is kept and what it was made of, even where the file system says that it did not change'],
    icon: ['FILE', 'the icon (default: the only icon.* in DIR)'],
    license: ['FILE', 'the licence (default: the only LICENSE in DIR)'],
    instructions: ['FILE', 'the instructions (default: instructions.md)'],
    javascript: ['DIR', 'the bundle (default: javascript)'],
    assets: ['DIR', 'the assets (default: assets, if it is there)'],
    'no-assets': ['', 'pack no assets'],
    order: ['ORDER', 'priority (what devices read first comes first; default) or name'],
  },
  async run({ positionals, values, signal, onProgress, log, onBuild }) {
    const folder = resolve(positionals[0] ?? '.');
    const gitHash = text(values, 'git-hash');
    const images = texts(values, 'image').map(parseImageOption);
    await checkIds(folder, images);
    const generation = parseGeneration(text(values, 'os'));
    await checkOptions(values, folder, generation);
    const { findings, made } = await packFolder({
      folder,
      generation,
      output: text(values, 'output'),
      arch: texts(values, 'arch').map(archNamed),
      images,
      dependencyIcons: texts(values, 'dependency-icon').map(parseIconOption),
      iconCache: IconCache.ofUser(process.env),
      key: text(values, 'key'),
      git: values['no-git'] ? 'none' : gitHash ? { hash: gitHash } : 'auto',
      build: values['no-build'] ? 'never' : 'auto',
      check: values['no-check'] ? 'never' : 'auto',
      builder: text(values, 'builder'),
      compressor: parseCompressor(text(values, 'compressor')),
      level: parseNumber('level', text(values, 'level')),
      cache: values['no-cache']
        ? undefined
        : ImageCache.ofUser(process.env, { isParanoid: values['paranoid'] === true }),
      inputs: {
        icon: text(values, 'icon'),
        license: text(values, 'license'),
        instructions: text(values, 'instructions'),
        javascript: text(values, 'javascript'),
        assets: values['no-assets'] ? false : text(values, 'assets'),
      },
      order: parseOrder(text(values, 'order') ?? 'priority'),
      blake3: fastestBlake3(),
      signal,
      onProgress,
      log,
      onBuild,
    });
    if (!made) return { findings };
    return {
      findings,
      data: { ...packedOf(made) },
      text: made.generation === '0.3' ? describeSections(made.package) : describeArchive(made.package),
    };
  },
};

/** @throws UsageError */
function parseGeneration(os: string | undefined): Generation | undefined {
  if (os === undefined || os === '0.3' || os === '0.4') return os;
  throw new UsageError(`--os is 0.3 or 0.4, not "${os}"`);
}

/** What wrappers of 0.3 have no use for: their manifest names the files, and there is one order only. */
const ONLY_04 = [
  'dependency-icon',
  'icon',
  'license',
  'instructions',
  'javascript',
  'assets',
  'no-assets',
  'order',
  'no-check',
];

/** @throws UsageError */
async function checkOptions(values: OptionValues, folder: string, generation: Generation | undefined): Promise<void> {
  const given = ONLY_04.filter((name) => values[name] !== undefined);
  const [first] = given;
  if (first === undefined || (await generationOfFolder(folder, generation)) !== '0.3') return;
  throw new UsageError(
    `--${first} is for wrappers of StartOS 0.4; for 0.3 the manifest's "assets" say where files are`,
  );
}

function describeArchive(made: MadePackage): string {
  const { manifest, archive } = made.report;
  if (!manifest || !archive.header) return '';
  const arches = [...new Set([...manifest.images.values()].flatMap((image) => image.arch))];
  const lines = [
    `${paint('green', paint('bold', localized(manifest.title)))} ${manifest.version}`,
    `  file     ${made.path} (${formatSize(made.size)})`,
    `  images   ${[...manifest.images.keys()].join(', ') || 'none'} for ${arches.join(', ') || 'no architecture'}`,
    `  commit   ${manifest.gitHash ?? 'none'}`,
    `  signed   ${fingerprint(made.signer.key.publicKey)} (${made.signer.path})`,
    `  hash     ${commitmentToJson(archive.header).rootSighash}`,
  ];
  return lines.join('\n');
}

/** A package for StartOS 0.3: it has a hash of all its bytes instead of a commitment, and one order only. */
function describeSections(made: MadeSections): string {
  const { architectures, images, commit, report } = made;
  const lines = [
    `${paint('green', paint('bold', made.title))} ${report.version} (StartOS 0.3)`,
    `  file     ${made.path} (${formatSize(made.size)})`,
    `  images   ${images.join(', ') || 'none'} for ${architectures.join(', ') || 'one architecture'}`,
    `  commit   ${commit ?? 'none'}`,
    `  signed   ${fingerprint(made.signer.key.publicKey)} (${made.signer.path})`,
    `  hash     ${report.hash}`,
  ];
  return lines.join('\n');
}
