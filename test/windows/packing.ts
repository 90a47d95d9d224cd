import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parsePrivateKey } from '../../extension/engine/sign/private-key.ts';
import { YAML_03 } from '../support/manifests.ts';
import { WRAPPER_03, writeWrapper } from '../support/wrapper-03.ts';
import { makeLargeWrapper } from '../vscode/workspace.ts';
import { onWindows, type WindowsNode } from './wine.ts';

interface Wrapper {
  readonly name: string;
  readonly options: readonly string[];
  readonly output: string;
  readonly make: (folder: string) => Promise<void>;
}

/** A wrapper of each generation, the newer with an image as an OCI layout and one as a tar. */
const WRAPPERS: readonly Wrapper[] = [
  {
    name: 'newer-layout',
    options: ['--image', 'main=oci'],
    output: 'large.s9pk',
    make: async (folder) => {
      await makeLargeWrapper(folder, 0);
      execFileSync(process.execPath, ['examples/hello-world/image/make-oci-layout.mjs', join(folder, 'oci')]);
      await mkdir(join(folder, 'assets', 'deeper'), { recursive: true });
      await writeFile(join(folder, 'assets', 'deeper', 'two words.txt'), 'line\r\nline\n');
    },
  },
  {
    name: 'newer-tar',
    options: ['--image', 'main=root.tar', '--compressor', 'gzip', '--order', 'name'],
    output: 'large.s9pk',
    make: (folder) => makeLargeWrapper(folder, 8 << 20),
  },
  {
    name: 'older',
    options: [],
    output: 'hello-world.s9pk',
    make: (folder) => writeWrapper(folder, { ...WRAPPER_03, 'manifest.yaml': YAML_03.replaceAll('\n', '\r\n') }),
  },
];

/** What is packed on Windows is what is packed here, byte for byte, and takes the place of what was there. */
export async function checkPacking(windows: WindowsNode, cli: string): Promise<void> {
  for (const { name, options, output, make } of WRAPPERS) {
    const [here, there] = ['here', 'there'].map((side) => join(windows.folder, `${name}-${side}`)) as [string, string];
    await make(here);
    await cp(here, there, { recursive: true });
    const args = ['pack', '.', ...options, '--no-git', '--no-cache', '--json'];
    const local = spawnSync(process.execPath, [cli, ...args], { cwd: here, encoding: 'utf8' });
    assert.equal(local.status, 0, local.stdout + local.stderr);
    for (let time = 0; time < 2; time++) {
      const { code, stdout, stderr } = await windows.run([onWindows(cli), ...args], { cwd: there });
      assert.equal(code, 0, stdout + stderr);
      const packed = await readFile(join(there, output));
      assert.ok(packed.equals(await readFile(join(here, output))), `${name}: the package has other bytes`);
    }
    assert.deepEqual((await readdir(there)).sort(), (await readdir(here)).sort(), 'nothing else is left');
    const verified = await windows.run([onWindows(cli), 'verify', output], { cwd: there });
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  }
}

/** A key made there signs here, and is replaced neither there nor here. */
export async function checkKeys(windows: WindowsNode, cli: string): Promise<void> {
  const folder = join(windows.folder, 'keys');
  await mkdir(folder);
  const create = () => windows.run([onWindows(cli), 'key', 'create', '.', '--json'], { cwd: folder });
  const { code, stdout } = await create();
  assert.equal(code, 0, stdout);
  const { publicKey } = JSON.parse(stdout) as { publicKey: string };
  const pem = await readFile(join(folder, '.startos', 'build.key.pem'), 'utf8');
  assert.equal(Buffer.from(parsePrivateKey(pem).publicKey).toString('hex'), publicKey);
  assert.equal((await create()).code, 1, 'a key is never replaced');
  assert.equal(await readFile(join(folder, '.startos', 'build.key.pem'), 'utf8'), pem);
  const above = join(folder, 'wrapper', 'deeper');
  await mkdir(above, { recursive: true });
  const shown = await windows.run([onWindows(cli), 'key', 'show', '.', '--json'], { cwd: above });
  assert.equal((JSON.parse(shown.stdout) as { publicKey?: string }).publicKey, publicKey, shown.stdout);
}

/** Holds a file open while it runs the command line with the other arguments. */
const HOLD = `const [file, ...args] = process.argv.slice(1);
require('node:fs').openSync(file);
const { status, stdout, stderr } = require('node:child_process').spawnSync(process.execPath, args);
console.log(JSON.stringify({ status, stdout: String(stdout), stderr: String(stderr) }));`;

/** A package that another program has open is not harmed, and the program is told of. */
export async function checkHeldPackage(windows: WindowsNode, cli: string): Promise<void> {
  const folder = join(windows.folder, 'held');
  await makeLargeWrapper(folder, 0);
  execFileSync(process.execPath, ['examples/hello-world/image/make-oci-layout.mjs', join(folder, 'oci')]);
  await writeFile(join(folder, 'large.s9pk'), 'the one before');
  const before = (await readdir(folder)).sort();
  const args = ['pack', '.', '--image', 'main=oci', '--no-git', '--no-cache'];
  const held = await windows.run(['-e', HOLD, 'large.s9pk', onWindows(cli), ...args], { cwd: folder });
  const { status, stderr } = JSON.parse(held.stdout) as { status: number; stderr: string };
  assert.equal(status, 2, held.stdout);
  assert.match(stderr, /large\.s9pk cannot be replaced while another program has it open/);
  assert.equal(await readFile(join(folder, 'large.s9pk'), 'utf8'), 'the one before');
  assert.deepEqual((await readdir(folder)).sort(), before, 'nothing is left behind');
  await rm(resolve(folder), { recursive: true });
}
