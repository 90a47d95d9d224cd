import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ConformanceCase } from '../test/conformance/case.ts';
import { conformanceCases } from '../test/conformance/cases.ts';

/**
 * Writes test/cases/: a folder a case with its files and case.json, so that any implementation with a command line like ours can
 * be run over them (docs/conformance.md). Folders whose last command must fail end in _fail.
 */

export async function writeCase(folder: string, { name, files, ...rest }: ConformanceCase): Promise<void> {
  const all = { ...files, 'case.json': `${JSON.stringify(rest, null, 2)}\n` };
  for (const [path, content] of Object.entries(all)) {
    const file = join(folder, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

if (import.meta.main) {
  const folder = join('test', 'cases');
  await rm(folder, { recursive: true, force: true });
  for (const item of await conformanceCases()) await writeCase(folder, item);
}
