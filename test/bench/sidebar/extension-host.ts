import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second in /proc, on every Linux that Node runs on. */
const TICKS = 100;

/** The process that runs the extension, the worker's thread in it. */
export class ExtensionHost {
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** The one whose environment or arguments name a folder; undefined where there is no /proc. */
  static ofServer(data: string): ExtensionHost | undefined {
    for (const name of numbers('/proc')) {
      const folder = `/proc/${name}`;
      if (!read(`${folder}/cmdline`).includes('--type=extensionHost')) continue;
      if (read(`${folder}/environ`).split('\0').includes(`HOME=${data}`)) return new ExtensionHost(folder);
    }
    return undefined;
  }

  /** Bytes of resident memory. */
  memory(): number {
    return Number(/^VmRSS:\s*(\d+) kB$/m.exec(read(`${this.folder}/status`))?.[1] ?? 0) * 1024;
  }

  /** Seconds of processors, of all threads. */
  processorSeconds(): number {
    // The name of the program stands in parentheses and may hold spaces.
    const fields = read(`${this.folder}/stat`).replace(/^.*\)/s, '').trim().split(' ');
    return fields.slice(11, 13).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
  }
}

function numbers(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** What a file of /proc says; empty once the process is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
