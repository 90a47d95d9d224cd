import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keepResults } from '../support/results.ts';
import { runSuite } from '../vscode/run-suite.ts';
import { HOME, unpackExtension } from '../vscode/unpacked-extension.ts';
import { copyExample, prepareExample } from '../vscode/workspace.ts';
import { type SoakSample, thirdsOf } from './thirds.ts';

/**
 * Works in one real VS Code for an hour (`--minutes N`): edits, packs, verifies, browses, compares, cancels; and looks after
 * each round at memory, handles, child processes and temporary files, none of which may grow.
 */

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '60' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes is a number above 0');

await unpackExtension();
prepareExample();
const workspace = await mkdtemp(join(tmpdir(), 's9pk-soak-'));
try {
  await copyExample(join(workspace, 'hello-world'));
  // A folder of its own: what other programs leave in the system's is not ours.
  const temporary = join(workspace, 'temporary');
  await mkdir(temporary);
  const { passed, failed } = await runSuite('soak', workspace, ['hello-world'], {
    TMPDIR: temporary,
    // The last round, and rounds of a machine that does other things, too.
    S9PK_TEST_MINUTES: String(minutes + 10),
    S9PK_SOAK_MINUTES: String(minutes),
    S9PK_SOAK_SAMPLES: join(HOME, 'soak.json'),
  });
  if (failed === 0 && passed > 0) {
    const samples = JSON.parse(await readFile(join(HOME, 'soak.json'), 'utf8')) as SoakSample[];
    await keepResults('soak', { soak: { minutes, rounds: samples.length, ...thirdsOf(samples) } });
  }
  console.log(`samples of each round: ${join(HOME, 'soak.json')}`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
} finally {
  await rm(workspace, { recursive: true, force: true, maxRetries: 5 });
}
