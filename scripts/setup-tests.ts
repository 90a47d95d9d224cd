import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ACTIONLINT } from '../test/support/actionlint.ts';
import { installCodeServer } from '../test/vscode/code-server.ts';

/** Sets up what the tests need beside npm packages: programs to compare with, a browser, and a VS Code to run in. */

const PROGRAMS = [
  { program: 'unsquashfs', debian: 'squashfs-tools', brew: 'squashfs' },
  { program: 'rdsquashfs', debian: 'squashfs-tools-ng', brew: 'squashfs-tools-ng' },
  { program: 'b3sum', debian: 'b3sum', brew: 'b3sum' },
  { program: 'git', debian: 'git', brew: 'git' },
  { program: 'xz', debian: 'xz-utils', brew: 'xz' },
  { program: 'unzip', debian: 'unzip', brew: 'unzip' },
  { program: 'tar', debian: 'tar', brew: 'gnu-tar' },
  { program: 'getfattr', debian: 'attr', linuxOnly: true },
  { program: 'python3', debian: 'python3', linuxOnly: true },
  { program: 'losetup', debian: 'mount', linuxOnly: true },
  { program: 'setcap', debian: 'libcap2-bin', linuxOnly: true },
  { program: 'chromium', debian: 'chromium', linuxOnly: true },
  { program: 'debootstrap', debian: 'debootstrap', linuxOnly: true },
  { program: 'zsh', debian: 'zsh', linuxOnly: true },
  { program: 'fish', debian: 'fish', linuxOnly: true },
  { program: 'man', debian: 'man-db', linuxOnly: true },
  { program: 'nvim', debian: 'neovim', brew: 'neovim' },
  { program: 'wine', debian: 'wine wine64', linuxOnly: true },
] as const;

function has(program: string): boolean {
  const finder = process.platform === 'win32' ? 'where' : 'which';
  return spawnSync(finder, [program], { stdio: 'ignore' }).status === 0;
}

function run(command: string, args: readonly string[]): void {
  console.log(`$ ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status !== 0) throw new Error(`${command} failed`);
}

const missing = PROGRAMS.filter(
  (item) => !has(item.program) && (process.platform === 'linux' || !('linuxOnly' in item)),
);
const isDebian = existsSync('/etc/debian_version');
if (missing.length > 0 && isDebian && process.getuid?.() === 0) {
  run('apt-get', ['update', '-qq']);
  run('apt-get', [
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    ...new Set(missing.flatMap((item) => item.debian.split(' '))),
  ]);
} else if (missing.length > 0) {
  const names = missing.map((item) => (process.platform === 'darwin' && 'brew' in item ? item.brew : item.debian));
  const how = process.platform === 'darwin' ? 'brew install' : isDebian ? 'sudo apt-get install' : 'install';
  console.error(`The tests need programs that are not here. Please run: ${how} ${names.join(' ')}`);
  process.exit(1);
}
if (process.platform === 'linux') await installCodeServer();
// A linter of GitHub's workflows, which comes as source; where there is no Go, its test is skipped.
if (has('go') && !existsSync(ACTIONLINT.program)) {
  console.log(`$ go install ${ACTIONLINT.module}`);
  const env = { ...process.env, GOBIN: dirname(ACTIONLINT.program), GOFLAGS: '-mod=mod' };
  const { status } = spawnSync('go', ['install', ACTIONLINT.module], { stdio: 'inherit', env });
  if (status !== 0) console.error('actionlint could not be installed; its test will be skipped');
}
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
console.log(`Ready to test S9PK Studio ${version}: npm test`);
