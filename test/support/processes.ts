import { readdirSync, readFileSync } from 'node:fs';

/** Whether a process runs. One that has ended and that nobody asked about yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    // The state stands behind the name, which is in brackets and may hold some itself.
    return !/^\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*(?=\) )/s, ''));
  } catch {
    return false;
  }
}

/** Processes that run and have this variable in their environment, on Linux; it is inherited. */
export function processesWith(variable: string): { pid: number; command: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(variable)) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      return isRunning(pid) ? [{ pid, command }] : [];
    } catch {
      // It has ended, or is somebody else's.
      return [];
    }
  });
}

/** Waits some seconds until something is so. @returns whether it became so */
export async function becomes(isSo: () => boolean, seconds = 5): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; !isSo(); ) {
    if (Date.now() > end) return false;
    await new Promise((done) => setTimeout(done, 20));
  }
  return true;
}

/**
 * What still runs, some seconds later, of the programs that have this variable in their environment.
 * @returns their command lines; none where the system does not tell
 */
export async function goingOn(variable: string): Promise<string[]> {
  const running = () => (process.platform === 'linux' ? processesWith(variable) : []);
  await becomes(() => running().length === 0);
  return running().map(({ command }) => command);
}
