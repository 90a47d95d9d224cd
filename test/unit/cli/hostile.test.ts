import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsShared, sharedFolder, sharedPath } from '../../support/shared.ts';
import { temporaryFolder } from '../../support/tools.ts';

/**
 * Packages and tars that were made to hurt, through the verbs that look into them: each ends soon, says what is wrong, and
 * prints neither a control character nor our own stack.
 */

const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;
const STACK = /\n\s+at .*\.(?:ts|cjs):\d+/;
const IMAGE = 'images/x86_64/main.squashfs/';

function run(args: readonly string[]): Promise<{ code: number | null; output: string; killed: boolean }> {
  return new Promise((resolve) => {
    const options = {
      timeout: 60_000,
      maxBuffer: 256 << 20,
      env: { ...process.env, NODE_OPTIONS: '--max-old-space-size=400' },
    };
    execFile(process.execPath, ['extension/cli/entry.ts', ...args], options, (error, stdout, stderr) => {
      const code = error ? ((error as { code?: number }).code ?? null) : 0;
      resolve({ code, output: stdout + stderr, killed: error?.killed === true });
    });
  });
}

const files =
  sharedFolder === undefined
    ? []
    : readdirSync(sharedPath('fixtures', 'hostile')).filter((name) => name !== 'README.md');

for (const name of files) {
  test(`${name} hurts nobody`, needsShared, async () => {
    await using temporary = await temporaryFolder();
    const file = sharedPath('fixtures', 'hostile', name);
    const out = (path: string) => join(temporary.path, path);
    const calls = name.endsWith('.s9pk')
      ? [
          ['verify', file],
          ['verify', file, '--format', 'github'],
          ['tree', file, IMAGE, '--json'],
          ['du', file, IMAGE],
          ['extract', file, IMAGE, '-o', out('extracted')],
          ['image', 'export', file, 'main', '--arch', 'x86_64', '-o', out('root.tar')],
        ]
      : [['image', 'squashfs', file, '-o', out('image.squashfs')]];
    for (const args of calls) {
      const { code, output, killed } = await run(args);
      const what = args.join(' ');
      assert.ok(!killed && [0, 1, 2].includes(code ?? -1), `${what}: ${code}`);
      assert.ok(!RAW.test(output.replaceAll('\r\n', '\n')), `${what} prints ${JSON.stringify(RAW.exec(output)?.[0])}`);
      assert.ok(!STACK.test(output), `${what}: ${STACK.exec(output)?.[0]}`);
    }
  });
}
