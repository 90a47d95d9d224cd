import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runUi } from '../test/ui/run.ts';
import { copyExample, makeOlderWrapper, prepareExample } from '../test/vscode/workspace.ts';

/** Takes the pictures of the README and of the walkthrough from the real extension in a real VS Code. */

const PICTURES = {
  '2-broken-manifest': 'problem',
  '4-package-tree': 'packages',
  '5a-package-page': 'page',
  '5b-comparison': 'comparison',
  '6-completing-a-key': 'completion',
  '9-mistakes-while-typing': 'mistakes',
} as const;

/** Shipped with the extension. */
const WALKTHROUGH = {
  '4-package-tree': 'checklist',
  '2-broken-manifest': 'problem',
  '5-verified': 'packages',
  '5a-package-page': 'page',
} as const;

const temporary = await mkdtemp(join(tmpdir(), 's9pk-pictures-'));
try {
  const vsix = join(temporary, 's9pk-studio.vsix');
  const { status } = spawnSync(process.execPath, ['scripts/package.ts', '--out', vsix], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the .vsix could not be made');
  prepareExample();
  const folder = join(temporary, 'hello-world');
  await copyExample(folder);
  const older = join(temporary, 'hello-world-0.3');
  await makeOlderWrapper(older);
  const newest = join(temporary, 'start-sdk-3');
  await cp('test/fixtures/wrappers/start-sdk-3', newest, { recursive: true });
  await runUi({ vsix, folder, older, newest, screenshots: join(temporary, 'screenshots') });
  await mkdir('media/screenshots', { recursive: true });
  for (const [step, name] of Object.entries(PICTURES)) {
    await copyFile(join(temporary, 'screenshots', `${step}.png`), `media/screenshots/${name}.png`);
  }
  await mkdir('media/walkthrough', { recursive: true });
  for (const [step, name] of Object.entries(WALKTHROUGH)) {
    await copyFile(join(temporary, 'screenshots', `${step}.png`), `media/walkthrough/${name}.png`);
  }
} finally {
  await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
}
