import { editPackage } from '../../engine/edit/edit-package.ts';
import type { ManifestChange } from '../../engine/edit/manifest-changes.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { sourceDateEpoch } from '../../engine/pack/source-date-epoch.ts';
import { parseJson } from '../../engine/package/json.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import { parseImageOption, parseOrder, UsageError } from '../arguments.ts';
import { type Command, text, texts } from '../command.ts';

export const editCommand: Command = {
  usage: 's9pk edit FILE',
  summary: 'Change the manifest of a package, put images into it, and sign it anew',
  maxArguments: 1,
  options: {
    set: { type: 'string', multiple: true },
    unset: { type: 'string', multiple: true },
    image: { type: 'string', multiple: true },
    key: { type: 'string' },
    order: { type: 'string' },
    output: { type: 'string', short: 'o' },
  },
  help: {
    set: ['/KEY/KEY=VALUE', 'set a value of the manifest: JSON, or else a text; may be repeated'],
    unset: ['/KEY/KEY', 'remove a value of the manifest; may be repeated'],
    image: ['ID:ARCH=PATH', 'put in an image from disk, as with pack; may be repeated'],
    key: ['FILE', 'sign with this key (default: the nearest .startos/build.key.pem from the package up)'],
    order: ['ORDER', 'priority or name (default: as it is)'],
    output: ['FILE', 'where the edited package goes (default: it takes the place of FILE)'],
  },
  async run({ positionals: [file], values, signal, onProgress }) {
    if (file === undefined) throw new UsageError('edit takes a FILE');
    const order = text(values, 'order');
    const { findings, made } = await editPackage({
      file,
      output: text(values, 'output'),
      changes: [...texts(values, 'set').map(parseSet), ...texts(values, 'unset').map(parseUnset)],
      images: texts(values, 'image').map(parseImageForArch),
      key: text(values, 'key'),
      order: order === undefined ? undefined : parseOrder(order),
      mtime: sourceDateEpoch(process.env),
      blake3: fastestBlake3(),
      signal,
      onProgress,
    });
    const header = made?.report.archive.header;
    if (!made || !header) return { findings };
    const commitment = commitmentToJson(header);
    const data = { output: made.path, size: made.size, commitment };
    const lines = [
      `${made.path} (${formatSize(made.size)})`,
      `  signed   ${fingerprint(made.signer.key.publicKey)} (${made.signer.path})`,
      `  hash     ${commitment.rootSighash}`,
    ];
    return { findings, data, text: lines.join('\n') };
  },
};

function parseSet(option: string): ManifestChange {
  const split = option.indexOf('=');
  if (split < 1) throw new UsageError(`--set takes /KEY/KEY=VALUE, not "${option}"`);
  const value = option.slice(split + 1);
  return { path: option.slice(0, split), value: parseJson(value).value ?? value };
}

function parseUnset(path: string): ManifestChange {
  return { path };
}

function parseImageForArch(option: string) {
  const { arch, ...image } = parseImageOption(option);
  if (arch === undefined) throw new UsageError(`--image takes ID:ARCH=PATH here, not "${option}"`);
  return { ...image, arch };
}
