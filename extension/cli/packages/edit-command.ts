import { type Edited, editEither } from '../../engine/edit/edit-either.ts';
import type { ManifestChange } from '../../engine/edit/manifest-changes.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { sourceDateEpoch } from '../../engine/pack/source-date-epoch.ts';
import { parseJson } from '../../engine/package/json.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import { examineManifest03 } from '../../manifest/rules-03/examine.ts';
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
    icon: { type: 'string' },
    license: { type: 'string' },
    instructions: { type: 'string' },
    key: { type: 'string' },
    order: { type: 'string' },
    output: { type: 'string', short: 'o' },
  },
  help: {
    set: ['/KEY/KEY=VALUE', 'set a value of the manifest: JSON, or else a text; may be repeated'],
    unset: ['/KEY/KEY', 'remove a value of the manifest; may be repeated'],
    image: ['ID:ARCH=PATH', 'put in an image from disk, as with pack; may be repeated (StartOS 0.4)'],
    icon: ['FILE', 'put in another icon'],
    license: ['FILE', 'put in another licence'],
    instructions: ['FILE', 'put in other instructions'],
    key: ['FILE', 'sign with this key (default: the nearest .startos/build.key.pem from the package up)'],
    order: ['ORDER', 'priority or name (default: as it is)'],
    output: ['FILE', 'where the edited package goes (default: it takes the place of FILE)'],
  },
  async run({ positionals: [file], values, signal, onProgress }) {
    if (file === undefined) throw new UsageError('edit takes a FILE');
    const order = text(values, 'order');
    const { findings, made } = await editEither({
      file,
      output: text(values, 'output'),
      changes: [...texts(values, 'set').map(parseSet), ...texts(values, 'unset').map(parseUnset)],
      images: texts(values, 'image').map(parseImageForArch),
      files: {
        icon: text(values, 'icon'),
        license: text(values, 'license'),
        instructions: text(values, 'instructions'),
      },
      examine: examineManifest03,
      key: text(values, 'key'),
      order: order === undefined ? undefined : parseOrder(order),
      mtime: sourceDateEpoch(process.env),
      blake3: fastestBlake3(),
      signal,
      onProgress,
    });
    if (!made) return { findings };
    const { path, size, signer } = made.package;
    const { hash, ...identity } = identityOf(made);
    const data = { output: path, size, ...('commitment' in identity ? identity : { hash }) };
    const lines = [
      `${path} (${formatSize(size)})`,
      `  signed   ${fingerprint(signer.key.publicKey)} (${signer.path})`,
      `  hash     ${hash}`,
    ];
    return { findings, data, text: lines.join('\n') };
  },
};

/** What a package is known by: with 0.4 its commitment, with 0.3 the hash of its body. */
function identityOf(made: Edited) {
  if (made.generation === 1) return { hash: made.package.report.hash ?? '' };
  const { header } = made.package.report.archive ?? {};
  const commitment = header && commitmentToJson(header);
  return { hash: commitment?.rootSighash ?? '', commitment };
}

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
