import { readFileSync } from 'node:fs';

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

/**
 * Processor seconds of this process, all its threads and the programs that it ran to their end. They depend less on what
 * else a machine does than wall time. Where there is no /proc, those of this process alone.
 */
export function processorSeconds(): number {
  try {
    // The name of the program stands in parentheses and may hold spaces; times of children are the 16th and 17th field.
    const fields = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\)/s, '').trim().split(' ');
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}
