import { HEADER_SIZE, parseHeader } from '../../engine/archive/header.ts';
import { printableName } from '../../engine/archive/names.ts';
import { compareManifests, comparePackages, type Difference } from '../../engine/browse/compare.ts';
import { openBrowser } from '../../engine/browse/open-browser.ts';
import { PackageWalk } from '../../engine/browse/package-walk.ts';
import { ScratchLayers } from '../../engine/browse/unpack-layer.ts';
import { equalBytes, toHex } from '../../engine/bytes.ts';
import { inFile } from '../../engine/finding.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import { aboutFile, UsageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { paint } from '../output.ts';

const SIGN = { added: ['+', 'green'], removed: ['-', 'red'], changed: ['~', 'yellow'] } as const;

export const diffCommand: Command = {
  usage: 's9pk diff A B',
  summary: 'Show what differs between two packages, down to the files in their images, and in their manifests',
  maxArguments: 2,
  options: {},
  help: {},
  async run({ positionals: [a, b], signal }) {
    if (a === undefined || b === undefined) throw new UsageError('diff takes two packages');
    await using before = await FileSource.open(a);
    await using after = await FileSource.open(b);
    const blake3 = fastestBlake3();
    await using layers = new ScratchLayers({ signal });
    const open = (name: string, source: FileSource) =>
      aboutFile(name, async () => ({
        browser: await openBrowser(source, blake3, layers.unpack),
        publicKey: await signerOf(source),
      }));
    const { browser: old, publicKey: was } = await open(a, before);
    const { browser: fresh, publicKey: is } = await open(b, after);
    const signer = equalBytes(was, is) ? undefined : { before: toHex(was), after: toHex(is) };
    const manifest = await compareManifests(old, fresh);
    const files: Difference[] = [];
    const walks = { before: new PackageWalk(signal), after: new PackageWalk(signal) };
    for await (const difference of comparePackages(old, fresh, walks)) files.push(difference);
    const findings = [...inFile(a, walks.before.found.all()), ...inFile(b, walks.after.found.all())];
    const lines = [
      ...(signer
        ? [`signer: ${fingerprint(was)} -> ${fingerprint(is)} (devices take that for another publisher)`]
        : []),
      ...(manifest.length > 0 ? ['manifest.json'] : []),
      ...manifest.map(({ path, before: x, after: y }) => `  ${path}: ${x ?? '(nothing)'} -> ${y ?? '(nothing)'}`),
      ...files.map(describe),
    ];
    const same = manifest.length + files.length + findings.length === 0 && !signer;
    const text = same ? 'There is no difference.' : lines.join('\n');
    const named = files.map(({ paths: _, ...file }) => file);
    return { findings, data: { same, manifest, files: named, ...(signer && { signer }) }, text };
  },
};

/** The key stands at the same place in both generations of packages. */
async function signerOf(source: FileSource): Promise<Uint8Array> {
  return parseHeader(await source.read(0, HEADER_SIZE)).publicKey;
}

function describe({ path, change, what, before, after }: Difference): string {
  const [sign, colour] = SIGN[change];
  const shown = path.split('/').map(printableName).join('/');
  const sizes = [before, after].flatMap((size) => (size === undefined ? [] : formatSize(size))).join(' -> ');
  const why = what.length === 1 && what[0] === 'content' ? '' : what.join(', ');
  return [paint(colour, `${sign} ${shown}`), sizes, why && `(${why})`].filter(Boolean).join('  ');
}
