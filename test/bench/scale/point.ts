import { readFileSync } from 'node:fs';
import { argv, cpuUsage, platform, resourceUsage, stdout } from 'node:process';
import { SERIES } from './series.ts';

/**
 * One point of a series, in processes of their own so that memory is what the work takes: `point.ts NAME SIZE FOLDER prepare`,
 * then `point.ts NAME SIZE FOLDER`, which prints seconds, processor seconds and bytes of memory above what was there before.
 */
const [, , name, size, folder = '', what] = argv;
const series = SERIES.find((one) => one.name === name);
if (!series) throw new Error(`there is no series "${name}"`);
if (what === 'prepare') await series.prepare?.(Number(size), folder);
else {
  const work = series.start(Number(size), folder);
  const memory = mostMemory();
  const processor = cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = cpuUsage(processor);
  const above = mostMemory() - memory;
  stdout.write(JSON.stringify({ seconds, processor: (user + system) / 1e6, memory: above }));
}

/** The most memory of this process so far, in bytes. What the system counts for it begins with what its parent had when it began. */
function mostMemory(): number {
  if (platform !== 'linux') return resourceUsage().maxRSS * 1024;
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}
