import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Claim } from '../../../extension/engine/turns/claim.ts';

/** What names are on this system, and the files that they are where there is nothing better. */
const PLATFORMS = process.platform === 'win32' ? (['win32'] as const) : ([process.platform, 'darwin'] as const);

for (const platform of PLATFORMS) {
  test(`one has a name at a time, and who waits hears who has it (${platform})`, async () => {
    const subject = randomUUID();
    const first = await Claim.of(subject, platform);
    assert.ok(first?.isHeld);
    assert.equal(await Claim.of(subject, platform), undefined);
    const heard: string[] = [];
    const waiting = Claim.wait(subject, (holder) => heard.push(holder), undefined, platform);
    while (heard.length === 0) await new Promise((done) => setTimeout(done, 5));
    assert.match(heard[0] ?? '', new RegExp(`^process ${process.pid} `));
    await first.release();
    await using second = await waiting;
    assert.ok(second.isHeld);
    await first.release();
    assert.equal(await Claim.of(subject, platform), undefined, 'who gave a name back cannot give it back for another');
  });

  test(`waiting can be cancelled (${platform})`, async () => {
    const subject = randomUUID();
    await using _ = await Claim.of(subject, platform);
    const controller = new AbortController();
    const waiting = Claim.wait(subject, () => controller.abort(new Error('enough')), controller.signal, platform);
    await assert.rejects(waiting, /enough/);
  });
}

test('of many that want a name one has it at any time', async () => {
  const subject = randomUUID();
  let holding = 0;
  let most = 0;
  const one = async () => {
    await using _ = await Claim.wait(subject, () => undefined);
    most = Math.max(most, ++holding);
    await new Promise((done) => setTimeout(done, 2));
    holding--;
  };
  await Promise.all(Array.from({ length: 20 }, one));
  assert.equal(most, 1);
});
