import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { type Program, programOfPackage, programOfPath } from '../../../extension/engine/process/npm-program.ts';
import { cleanEnvironment, run } from '../../../extension/engine/process/run.ts';
import { temporaryFolder } from '../../support/tools.ts';

const isWindows = process.platform === 'win32';
const SCRIPT = 'console.log(JSON.stringify(process.argv.slice(2)))\n';

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function said({ command, args, env }: Program, cwd: string, more = {}): Promise<string> {
  const options = { cwd, env: { ...cleanEnvironment(), ...more, ...env } };
  const { code, stdout, stderr } = await run(command, [...args, 'two words', '%PATH%', '"&"'], options);
  assert.equal(code, 0, stderr);
  return stdout.trim();
}

/** As npm leaves it: a package, and what starts its program, by the system's own means. */
async function installGlobally(folder: string): Promise<void> {
  const root = isWindows ? folder : join(folder, 'lib');
  await write(join(root, 'node_modules', 'thing', 'package.json'), '{"bin":"cli.js"}');
  await write(join(root, 'node_modules', 'thing', 'cli.js'), SCRIPT);
  if (isWindows) await write(join(folder, 'thing.cmd'), '@exit /b 7\r\n');
  else await write(join(folder, 'thing'), `#!/bin/sh\nexec node "${root}/node_modules/thing/cli.js" "$@"\n`);
  if (!isWindows) await chmod(join(folder, 'thing'), 0o755);
}

test('the program of a package is started by Node, arguments as they are, or by itself if it is native', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'two words');
  await write(join(folder, 'package.json'), '{"bin":{"thing":"./bin/thing","none":"gone","bad":7}}');
  // No system starts this: it has no right to be executed, and what is to start it is nowhere.
  await write(join(folder, 'bin', 'thing'), `#!/nowhere/node\n${SCRIPT}`);
  const thing = await programOfPackage(folder, 'thing');
  assert.ok(thing);
  assert.equal(await said(thing, temporary.path), '["two words","%PATH%","\\"&\\""]');
  for (const name of ['none', 'bad', 'other']) assert.equal(await programOfPackage(folder, name), undefined, name);
  assert.equal(await programOfPackage(join(folder, 'not there'), 'thing'), undefined);
  await write(join(folder, 'package.json'), '{"directories":{"bin":"bin"}}');
  assert.deepEqual(await programOfPackage(folder, 'thing'), thing);
  assert.equal(await programOfPackage(folder, 'none'), undefined);
  await write(join(folder, 'package.json'), JSON.stringify({ bin: 'native' }));
  for (const magic of ['7f454c46', 'cffaedfe', 'cafebabe', '4d5a9000']) {
    await writeFile(join(folder, 'native'), Buffer.from(`${magic}00000000`, 'hex'));
    const native = { command: join(folder, 'native'), args: [], env: {} };
    assert.deepEqual(await programOfPackage(folder, 'thing'), native);
  }
});

test('a program that npm installed for all is started, on Windows without its batch file', async () => {
  await using temporary = await temporaryFolder();
  await installGlobally(temporary.path);
  const PATH = [temporary.path, dirname(process.execPath), ...(isWindows ? [] : ['/usr/bin', '/bin'])].join(delimiter);
  const thing = await programOfPath('thing', isWindows ? { Path: PATH } : { PATH });
  assert.equal(await said(thing, temporary.path, { PATH }), '["two words","%PATH%","\\"&\\""]');
  assert.deepEqual(await programOfPath('nothing', { PATH }), { command: 'nothing', args: [], env: {} });
});
