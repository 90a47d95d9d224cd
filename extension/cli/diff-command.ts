import { printableName } from '../engine/archive/names.ts';
import { compareManifests, comparePackages, type Difference } from '../engine/browse/compare.ts';
import { PackageBrowser } from '../engine/browse/package-browser.ts';
import { formatSize } from '../engine/format-size.ts';
import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import { FileSource } from '../engine/io/file-source.ts';
import { aboutFile, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { paint } from './terminal.ts';

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
    const browse = (name: string, source: FileSource) =>
      aboutFile(name, () => PackageBrowser.open(source, fastestBlake3()));
    const [old, fresh] = [await browse(a, before), await browse(b, after)];
    const manifest = await compareManifests(old, fresh);
    const files: Difference[] = [];
    for await (const difference of comparePackages(old, fresh, signal)) files.push(difference);
    const lines = [
      ...manifest.map(({ path, before: x, after: y }) => `  ${path}: ${x ?? '(nothing)'} -> ${y ?? '(nothing)'}`),
      ...files.map(describe),
    ];
    const same = manifest.length + files.length === 0;
    const text = same
      ? 'There is no difference.'
      : [...(manifest.length > 0 ? ['manifest.json'] : []), ...lines].join('\n');
    return { findings: [], data: { same, manifest, files }, text };
  },
};

function describe({ path, change, what, before, after }: Difference): string {
  const [sign, colour] = SIGN[change];
  const shown = path.split('/').map(printableName).join('/');
  const sizes = [before, after].flatMap((size) => (size === undefined ? [] : formatSize(size))).join(' -> ');
  const why = what.length === 1 && what[0] === 'content' ? '' : what.join(', ');
  return [paint(colour, `${sign} ${shown}`), sizes, why && `(${why})`].filter(Boolean).join('  ');
}
