import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findEngine } from '../../../extension/engine/image/build/container-engine.ts';
import { temporaryFolder } from '../../support/tools.ts';

test('a docker that is killed while it is asked is there; one that fails is not', async () => {
  await using temporary = await temporaryFolder();
  const env = { PATH: temporary.path };
  assert.equal(await findEngine(env, temporary.path), undefined);
  const script = (text: string) => writeFile(join(temporary.path, 'docker'), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  await script('kill -KILL $$');
  assert.equal(await findEngine(env, temporary.path), 'docker');
  await script('exit 1');
  assert.equal(await findEngine(env, temporary.path), undefined);
});
