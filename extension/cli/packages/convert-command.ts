import { toHex } from '../../engine/bytes.ts';
import { convertSections } from '../../engine/convert/convert-sections.ts';
import { reorderPackage } from '../../engine/edit/reorder-package.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { ImageCache } from '../../engine/image/cache/image-cache.ts';
import { sourceDateEpoch } from '../../engine/pack/source-date-epoch.ts';
import { localized } from '../../engine/package/manifest.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import { generationOfFile } from '../../engine/verify/generation-of-file.ts';
import { aboutFile, parseCompressor, parseImageOption, parseNumber, parseOrder, UsageError } from '../arguments.ts';
import { type Command, type CommandContext, type CommandResult, text, texts } from '../command.ts';

/** What only makes sense where images and manifest are made anew. */
const FOR_0_3 = ['key', 'image', 'compressor', 'level'] as const;

export const convertCommand: Command = {
  usage: 's9pk convert FILE',
  summary: 'Convert a package for StartOS 0.3 to 0.4; write one for 0.4 anew with its entries in another order',
  maxArguments: 1,
  options: {
    output: { type: 'string', short: 'o' },
    key: { type: 'string' },
    image: { type: 'string', multiple: true },
    compressor: { type: 'string' },
    level: { type: 'string' },
    order: { type: 'string' },
  },
  help: {
    output: ['FILE', 'where it goes (default: it takes the place of FILE)'],
    key: ['FILE', 'of 0.3: sign with this key (default: the nearest .startos/build.key.pem from the package up)'],
    image: ['ID:ARCH=PATH', 'of 0.3: an image that is not in it, such as compat, from disk; may be repeated'],
    compressor: ['NAME', 'of 0.3: compress images with gzip (default), xz or zstd'],
    level: ['N', 'of 0.3: how hard'],
    order: ['ORDER', 'priority (what devices read first comes first; default) or name'],
  },
  async run(context) {
    const { positionals, values } = context;
    const [file] = positionals;
    if (file === undefined) throw new UsageError('convert takes a FILE');
    if ((await generationOfFile(file)) === 1) return convertOld(file, context);
    const misplaced = FOR_0_3.find((name) => values[name] !== undefined);
    if (misplaced !== undefined)
      throw new UsageError(`--${misplaced} is for packages for StartOS 0.3, and ${file} is none; s9pk edit changes it`);
    return reorder(file, context);
  },
};

async function convertOld(file: string, { values, signal, onProgress, log }: CommandContext): Promise<CommandResult> {
  const { findings, changes, made } = await convertSections({
    file,
    output: text(values, 'output'),
    key: text(values, 'key'),
    images: texts(values, 'image').map(parseImageOption),
    compressor: parseCompressor(text(values, 'compressor')),
    level: parseNumber('level', text(values, 'level')),
    order: parseOrder(text(values, 'order') ?? 'priority'),
    cache: ImageCache.ofUser(process.env),
    mtime: sourceDateEpoch(process.env),
    blake3: fastestBlake3(),
    signal,
    onProgress,
    log,
  });
  const { manifest, archive } = made?.report ?? {};
  if (!made || !manifest || !archive?.header) return { findings, data: { changes } };
  const commitment = commitmentToJson(archive.header);
  const { id, version, images } = manifest;
  const title = localized(manifest.title);
  const architectures = [...new Set([...images.values()].flatMap(({ arch }) => arch))].sort();
  const data = {
    ...{ output: made.path, size: made.size, commitment, id, title, version, architectures, changes },
    images: [...images.keys()],
  };
  const lines = [
    `${title} ${version} -> ${made.path} (${formatSize(made.size)})`,
    `  signed   ${fingerprint(made.signer.key.publicKey)} (${made.signer.path})`,
    `  hash     ${commitment.rootSighash}`,
    `  for      ${architectures.join(', ') || 'no architecture'}`,
  ];
  return { findings, data, text: lines.join('\n') };
}

async function reorder(file: string, { values, signal, onProgress }: CommandContext): Promise<CommandResult> {
  const order = parseOrder(text(values, 'order') ?? 'priority');
  const output = text(values, 'output') ?? file;
  const { changed, size, signer } = await aboutFile(file, () =>
    reorderPackage({ file, output, order, blake3: fastestBlake3(), signal, onProgress }),
  );
  const what = changed ? `is in ${order} order now` : `was in ${order} order already`;
  const lines = [`${output} ${what}`, `  signed   ${fingerprint(signer)}, as before`];
  const data = { output, size, order, changed, signer: toHex(signer) };
  return { findings: [], data, text: lines.join('\n') };
}
