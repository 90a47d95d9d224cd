import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Staging } from '../../../extension/engine/io/staging.ts';
import { Claim } from '../../../extension/engine/turns/claim.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What is left of processes and threads that were ended from outside. */

const CLAIM_HOLDER = join(import.meta.dirname, '..', '..', 'support', 'claim-holder.ts');
const STAGING_HOLDER = join(import.meta.dirname, '..', '..', 'support', 'staging-holder.ts');
/** What names are on this system, and the files that they are where there is nothing better. */
const PLATFORMS = process.platform === 'win32' ? (['win32'] as const) : ([process.platform, 'darwin'] as const);

for (const platform of PLATFORMS) {
  test(`the name of a process that was killed is free, and so is that of a thread that was ended (${platform})`, async () => {
    const subject = randomUUID();
    const child = fork(CLAIM_HOLDER, [subject, platform]);
    await once(child, 'message');
    assert.equal(await Claim.of(subject, platform), undefined);
    const waiting = Claim.wait(subject, () => child.kill('SIGKILL'), undefined, platform);
    await (await waiting).release();

    const thread = new Worker(CLAIM_HOLDER, { argv: [subject, platform] });
    await once(thread, 'message');
    assert.equal(await Claim.of(subject, platform), undefined);
    await thread.terminate();
    await using after = await Claim.of(subject, platform);
    assert.ok(after?.isHeld);
  });
}

test('what a killed process left is removed by the next one at once, what is in use stays', async () => {
  await using temporary = await temporaryFolder();
  const target = join(temporary.path, 'a.s9pk');
  await writeFile(target, 'before');
  const child = fork(STAGING_HOLDER, [target]);
  const [left] = (await once(child, 'message')) as [string];
  {
    await using other = await Staging.beside(target);
    assert.ok(existsSync(join(left, 'half')), 'somebody works in it');
    assert.notEqual(other.folder, left);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  await using next = await Staging.beside(target);
  assert.ok(!existsSync(left));
  await writeFile(next.path('whole'), 'after');
  await next.publish('whole');
  await next.remove();
  assert.equal(await readFile(target, 'utf8'), 'after');
  assert.deepEqual(await readdir(temporary.path), ['a.s9pk']);
});
