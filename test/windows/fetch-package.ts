import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tool } from '../support/tools.ts';

export interface FetchedPackage {
  /** Name and version. */
  readonly spec: string;
  /** Its hash as npm's lock files have it. */
  readonly integrity: string;
}

/**
 * A package of npm, fetched once and unpacked; nothing of it is run.
 * @returns its folder
 * @throws if what npm gives is not what was given when the hash was written down
 */
export async function fetchPackage(cache: string, { spec, integrity }: FetchedPackage): Promise<string> {
  const folder = join(cache, spec.replaceAll(/[@/]+/g, '-').replace(/^-/, ''));
  const unpacked = join(folder, 'package');
  if (existsSync(join(unpacked, 'package.json'))) return unpacked;
  const fetching = await mkdtemp(join(cache, 'fetch-'));
  try {
    const [name = ''] = (await tool('npm', ['pack', spec, '--ignore-scripts', '--silent'], { cwd: fetching }))
      .toString()
      .trim()
      .split('\n')
      .slice(-1);
    const archive = join(fetching, name);
    const hash = createHash('sha512').update(await readFile(archive));
    const found = `sha512-${hash.digest('base64')}`;
    if (found !== integrity) throw new Error(`${spec} is not what it was: ${found}`);
    await tool('tar', ['-xzf', archive, '-C', fetching]);
    await rm(archive);
    await rename(fetching, folder);
  } finally {
    await rm(fetching, { recursive: true, force: true });
  }
  return unpacked;
}
