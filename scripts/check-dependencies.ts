import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { keepResults } from '../test/support/results.ts';
import { noticed } from './third-party.ts';

/**
 * Checks what the project is made of: all versions pinned; every package of the lock file from npm's registry over HTTPS, with
 * a hash, and what is installed signed by the registry; and what ships with its licences. Signatures need the network: without it
 * they are said not to be checked.
 */

interface Lock {
  readonly packages: Readonly<
    Record<string, { version?: string; resolved?: string; integrity?: string; optional?: boolean; inBundle?: boolean }>
  >;
}

const REGISTRY = 'https://registry.npmjs.org/';
const problems: string[] = [];

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;
for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies'])
  for (const [name, version] of Object.entries(manifest[kind] ?? {}))
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) problems.push(`package.json: ${name} is not pinned (${version})`);

let locked = 0;
let unhashed = 0;
for (const file of ['package-lock.json', 'examples/hello-world/package-lock.json']) {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as Lock;
  for (const [path, { resolved, integrity, optional, inBundle }] of Object.entries(packages)) {
    // The project itself, and what comes inside of another package, under that one's hash.
    if (path === '' || inBundle) continue;
    locked++;
    // Without an address it is the registry's own.
    if (resolved !== undefined && !resolved.startsWith(REGISTRY)) problems.push(`${file}: ${path} is from ${resolved}`);
    if (integrity?.startsWith('sha512-')) continue;
    // Those of other systems, which nothing here could fetch.
    if (optional) unhashed++;
    else problems.push(`${file}: ${path} has no hash`);
  }
}

const shipped = noticed();
if (shipped.length === 0) problems.push('nothing is said to ship');

// On Windows npm is a batch file, which only a shell starts.
const shell = process.platform === 'win32';
const { status, stdout, stderr } = spawnSync('npm', ['audit', 'signatures', '--json'], { encoding: 'utf8', shell });
const output = `${stdout}${stderr}`;
const isOffline =
  /network|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|E40[34]|No dependencies found with verified/i.test(output);
const isInvalid = /"invalid":\s*\[\s*\{|invalid registry signature/i.test(output);
if (isInvalid || (status !== 0 && !isOffline)) problems.push(`npm audit signatures: ${output.trim().slice(0, 2000)}`);

for (const problem of problems) console.error(problem);
console.log(
  `${locked} packages are locked, ${locked - unhashed} of them with hashes; the others are optional, for other systems`,
);
console.log(`${shipped.length} ship: ${shipped.join(', ')}`);
console.log(status === 0 ? 'their signatures hold' : 'signatures were not checked: the registry was not reached');
const counts = { locked, hashed: locked - unhashed, ships: shipped.length, problems: problems.length };
await keepResults('audit', { packages: { ...counts, areSignaturesChecked: status === 0 } });
process.exitCode = problems.length > 0 ? 1 : 0;
