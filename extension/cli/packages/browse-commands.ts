import { printableName } from '../../engine/archive/names.ts';
import { extract, OccupiedError } from '../../engine/browse/extract.ts';
import { openBrowser } from '../../engine/browse/open-browser.ts';
import type { PackageBrowser, PackageNode } from '../../engine/browse/package-browser.ts';
import { PackageWalk } from '../../engine/browse/package-walk.ts';
import { ScratchLayers } from '../../engine/browse/unpack-layer.ts';
import { sumBelow } from '../../engine/browse/weigh.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { whileUnchanged } from '../../engine/io/while-unchanged.ts';
import { aboutFile, UsageError } from '../arguments.ts';
import { type Command, type CommandContext, type CommandResult, text } from '../command.ts';

/** Looking into packages: `ls`, `tree`, `du`, `extract`. Paths go on inside images. */

type Look = (browser: PackageBrowser, node: PackageNode, context: CommandContext) => Promise<CommandResult>;

function browsing(name: string, summary: string, look: Look, more: Partial<Command> = {}): Command {
  return {
    usage: `s9pk ${name} FILE [PATH]`,
    summary,
    maxArguments: 2,
    options: {},
    help: {},
    ...more,
    async run(context) {
      const [file, path = ''] = context.positionals;
      if (file === undefined) throw new UsageError(`${name} takes a FILE, and a PATH inside it`);
      await using source = await FileSource.open(file);
      const looking = async () => {
        await using layers = new ScratchLayers(context);
        const browser = await openBrowser(source, fastestBlake3(), layers.unpack);
        const node = await browser.lookUp(path);
        if (!node) throw new UsageError(`${path} is not in ${file}`);
        // Awaited here, because the layers go with the return.
        return await look(browser, node, context);
      };
      return await aboutFile(file, () => whileUnchanged(source, looking));
    },
  };
}

export const lsCommand = browsing(
  'ls',
  'List what is in a folder of a package, or in an image in it',
  async (browser, node, { signal }) => {
    const walk = new PackageWalk(signal);
    const nodes = await inside(browser, node, walk);
    return { findings: walk.found.all(), data: { entries: nodes }, text: nodes.map(describe).join('\n') };
  },
);

export const treeCommand = browsing(
  'tree',
  'Show everything in a package; with the PATH of an image, everything in that',
  async (browser, node, { signal }) => {
    const walk = new PackageWalk(signal);
    const entries: PackageNode[] = [];
    for await (const child of walk.below(browser, node)) entries.push(child);
    const base = node.path === '' ? 0 : node.path.split('/').length;
    const lines = entries.map((entry) => '  '.repeat(entry.path.split('/').length - base - 1) + describe(entry));
    return { findings: walk.found.all(), data: { entries }, text: lines.join('\n') };
  },
);

export const duCommand = browsing(
  'du',
  'Show what takes how much room, the largest first',
  async (browser, node, { signal }) => {
    const walk = new PackageWalk(signal);
    const children = await inside(browser, node, walk);
    const sizes: { path: string; size: number; files: number }[] = [];
    for (const child of children) {
      const own = child.kind === 'file' ? { size: child.size, files: 1 } : { size: 0, files: 0 };
      sizes.push({ path: child.path, ...(child.kind === 'directory' ? await sumBelow(browser, child, walk) : own) });
    }
    sizes.sort((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1));
    const total = sizes.reduce((sum, { size }) => sum + size, 0);
    const lines = sizes.map(({ path, size }) => {
      const share = total === 0 ? 0 : Math.round((size / total) * 100);
      return `${formatSize(size).padStart(10)} ${String(share).padStart(3)} %  ${printable(path)}`;
    });
    return {
      findings: walk.found.all(),
      data: { total, entries: sizes },
      text: [...lines, `${formatSize(total).padStart(10)}        total`].join('\n'),
    };
  },
);

export const extractCommand = browsing(
  'extract',
  'Write a file, a folder, or with PATH/ what is in an image, into a new folder, after hashes were checked',
  async (browser, node, { positionals, values, signal, onProgress }) => {
    const target = text(values, 'output');
    if (target === undefined) throw new UsageError('extract needs -o DIR, a folder that is not there yet');
    const intoImage = node.isImage && /\/$/.test(positionals[1] ?? '');
    try {
      const { findings, files } = await extract(browser, node, target, { intoImage, signal, onProgress });
      return {
        findings,
        data: { output: target, files },
        text: `${target}: ${files} ${files === 1 ? 'file' : 'files'}`,
      };
    } catch (error) {
      if (error instanceof OccupiedError) throw new UsageError(error.message);
      throw error;
    }
  },
  {
    usage: 's9pk extract FILE [PATH] -o DIR',
    options: { output: { type: 'string', short: 'o' } },
    help: { output: ['DIR', 'where it goes: a folder that is not there yet, or is empty'] },
  },
);

/** What is in a folder or an image, as far as it can be read; of anything else the thing itself. */
async function inside(browser: PackageBrowser, node: PackageNode, walk: PackageWalk): Promise<PackageNode[]> {
  if (node.kind !== 'directory' && !node.isImage) return [node];
  const nodes: PackageNode[] = [];
  for await (const child of walk.folder(browser, node)) nodes.push(child);
  return nodes;
}

function printable(path: string): string {
  return path.split('/').map(printableName).join('/');
}

function describe({ name, kind, size, target, isImage }: PackageNode): string {
  const shown = printableName(name);
  switch (kind) {
    case 'directory':
      return `${shown}/`;
    case 'symlink':
      return `${shown} -> ${printableName(target ?? '')}`;
    case 'file':
      return `${shown}  ${formatSize(size)}${isImage ? ' (image)' : ''}`;
    case 'missing':
      return `${shown}  (left out)`;
    default:
      return `${shown}  (${kind})`;
  }
}
