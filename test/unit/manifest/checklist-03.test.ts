import assert from 'node:assert/strict';
import { chmod, cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSteps } from '../../../extension/manifest/wrapper/checklist.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';
import { temporaryFolder } from '../../support/tools.ts';

test('what the guide for 0.3 has people write besides the manifest is a step, each with what is wrong', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'wrapper');
  const at = (name: string) => join(folder, name);
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  const step = async (name: string) => {
    const found = (await checkSteps({ folder, mayRun: false })).find((one) => one.name === name);
    return found && `${found.state} ${found.detail ?? ''}`;
  };
  assert.equal(await step('prepare'), undefined, 'there is none');
  assert.equal(await step('programs'), 'done docker_entrypoint.sh, check-web.sh');
  assert.match((await step('migrations')) ?? '', /^done [1-9]/);

  await writeFile(at('prepare.sh'), '#!/bin/bash\n');
  assert.match((await step('prepare')) ?? '', /^attention prepare\.sh may not be executed/);
  await chmod(at('prepare.sh'), 0o755);
  assert.equal(await step('prepare'), 'done ');

  const dockerfile = await readFile(at('Dockerfile'), 'utf8');
  await writeFile(at('Dockerfile'), dockerfile.replaceAll('check-web.sh', 'other.sh'));
  assert.equal(await step('programs'), 'attention the Dockerfile does not take check-web.sh in');
  const { findings } = await lintWrapper(folder);
  assert.ok(findings.some(({ code, message }) => code === 'dockerfile-copy' && message.startsWith('other.sh')));
  await writeFile(at('Dockerfile'), dockerfile);
  await rm(at('check-web.sh'));
  assert.match(
    (await step('programs')) ?? '',
    /^attention check-web\.sh is named in the manifest, and is in no folder/,
  );

  const manifest = await readFile(at('manifest.yaml'), 'utf8');
  await writeFile(at('manifest.yaml'), manifest.replace(/^migrations:\n(?: .*\n)*/m, ''));
  assert.match((await step('migrations')) ?? '', /^attention the manifest has none/);
});
