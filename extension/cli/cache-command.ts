import { formatSize } from '../engine/format-size.ts';
import { cacheFolder, ImageCache } from '../engine/image/cache/image-cache.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

export const cacheCommand: Command = {
  usage: 's9pk cache [clear]',
  summary: 'Show the squashfs images that are kept between runs, or remove them',
  maxArguments: 1,
  options: {},
  help: {},
  async run({ positionals: [verb] }) {
    const folder = cacheFolder(process.env);
    const cache = new ImageCache(folder);
    const entries = await cache.list();
    const size = entries.reduce((sum, entry) => sum + entry.size, 0);
    if (verb === 'clear') {
      await cache.clear();
      return { findings: [], data: { folder, removed: size }, text: `${folder}: ${formatSize(size)} removed` };
    }
    if (verb !== undefined) throw new UsageError('cache takes clear, or nothing');
    const lines = entries.map((entry) => {
      const used = new Date(entry.used).toISOString().slice(0, 16).replace('T', ' ');
      return `  ${formatSize(entry.size).padStart(10)}  ${used}  ${entry.label}`;
    });
    return {
      findings: [],
      data: { folder, size, entries },
      text: [`${folder}: ${formatSize(size)}`, ...lines].join('\n'),
    };
  },
};
