import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Runs a program to its end. @throws with what it said, if it failed. */
export function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
}

const INCLUDED = 'python3,perl,git,curl,openssl,ca-certificates';

/**
 * A root file system of some 400 MB as a tar, and as a folder: Debian's, where debootstrap is installed and we are root, or the
 * folder that S9PK_BENCH_ROOT names; else this project's own packages, tens of thousands of small files.
 */
export function makeRootFileSystem(folder: string): { tar: string; root: string; what: string } {
  const given = process.env['S9PK_BENCH_ROOT'];
  const isPossible = process.getuid?.() === 0 && spawnSync('debootstrap', ['--version']).status === 0;
  let root = given ?? 'node_modules';
  if (!given && isPossible) {
    root = join(folder, 'debian');
    console.log('making a root file system with debootstrap');
    run('debootstrap', ['--variant=minbase', `--include=${INCLUDED}`, 'trixie', root]);
  }
  const tar = join(folder, 'root.tar');
  tarSync(root, tar);
  return { tar, root, what: whatIs(root, given) };
}

function whatIs(root: string, given: string | undefined): string {
  if (given !== undefined) return `the folder ${given} (S9PK_BENCH_ROOT)`;
  return root === 'node_modules' ? 'packages of this project (there is no debootstrap)' : 'Debian';
}

function tarSync(root: string, tar: string): void {
  const owner = existsSync(join(root, 'etc')) ? ['--numeric-owner'] : ['--owner=0', '--group=0'];
  run('tar', ['-C', root, '--sort=name', '--xattrs', ...owner, '-cf', tar, '.']);
}

/** Makes a tar of a folder. @returns its path */
export async function tarOfFolder(folder: string, tar: string): Promise<string> {
  tarSync(folder, tar);
  return tar;
}
