import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { positionOf } from '../../engine/line-table.ts';

/** Submodules of a wrapper whose folder is empty: licences and Dockerfiles lead into them. */
export async function checkSubmodules(folder: string): Promise<Finding[]> {
  const file = join(folder, '.gitmodules');
  const text = await readText(file);
  const findings: Finding[] = [];
  for (const match of (text ?? '').matchAll(/^[ \t]*path[ \t]*=(.+)$/gm)) {
    const path = (match[1] ?? '').trim();
    if (path === '' || path.split('/').includes('..')) continue;
    const names = await readdir(join(folder, path)).catch(() => []);
    if (names.length > 0) continue;
    const message = `the git submodule ${path} is not there; run: git submodule update --init`;
    findings.push(finding('submodule-empty', message, { file, ...positionOf(text ?? '', match.index) }));
  }
  return findings;
}
