import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConformanceCase } from '../test/conformance/case.ts';
import { conformanceCases } from '../test/conformance/cases.ts';

/**
 * Writes test/conformance/: a folder a case with package.s9pk and expected.json, so that any implementation with a
 * command line like ours can be run over them. Folders whose package must not verify end in _fail.
 */

export async function writeCase(folder: string, { name, about, expected, bytes }: ConformanceCase): Promise<void> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'package.s9pk'), bytes);
  await writeFile(join(path, 'expected.json'), `${JSON.stringify({ about, ...expected }, null, 2)}\n`);
}

if (import.meta.main) {
  const folder = join('test', 'conformance', 'packages');
  await rm(folder, { recursive: true, force: true });
  for (const item of await conformanceCases()) await writeCase(folder, item);
}
