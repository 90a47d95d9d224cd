import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { coveredFiles } from './covered-files.ts';

export interface FileCoverage {
  readonly file: string;
  /** Lines inside of functions that hold code. */
  readonly lines: number;
  readonly covered: number;
}

/** Which lines of the sources were run, as V8 counts them. Begin before the sources are loaded. */
export class Coverage {
  private readonly session = new Session();

  async start(): Promise<void> {
    this.session.connect();
    await this.session.post('Profiler.enable');
    await this.session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true });
  }

  async of(globs: readonly string[]): Promise<FileCoverage[]> {
    const { result } = await this.session.post('Profiler.takePreciseCoverage');
    return coveredFiles(globs).map((file) => {
      const url = pathToFileURL(resolve(file)).href;
      const functions = result.find((script) => script.url === url)?.functions ?? [];
      return { file: basename(file), ...count(readFileSync(file, 'utf8'), functions) };
    });
  }
}

interface Counted {
  readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number; readonly count: number }[];
}

/** Types are blanked before a source is run, so that its offsets are those of the file. Ranges inside of others come after them. */
function count(text: string, functions: readonly Counted[]): { lines: number; covered: number } {
  const isRun = new Int8Array(text.length).fill(-1);
  // The first function is the module itself: declarations, which run whenever it is loaded.
  for (const { ranges } of functions.slice(1))
    for (const { startOffset, endOffset, count: times } of ranges)
      isRun.fill(times > 0 ? 1 : 0, startOffset, endOffset);
  let lines = 0;
  let covered = 0;
  let offset = 0;
  for (const line of text.split('\n')) {
    const start = offset + line.search(/\S|$/);
    const isCode = /\w/.test(line) && !/^\s*(?:\/\/|\/?\*)/.test(line);
    if (isCode && isRun[start] !== undefined && isRun[start] >= 0) {
      lines++;
      if (isRun[start] === 1) covered++;
    }
    offset += line.length + 1;
  }
  return { lines, covered };
}
