import { appendFile, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { complain, print, printCommand } from '../../extension/cli/output.ts';
import { toGitHub } from '../../extension/cli/print-findings.ts';
import { ActionError, type Answer, CommandLine, type PackAnswer, type VerifyAnswer } from './command-line.ts';
import { KeyFile } from './key-file.ts';
import { formatOutput } from './output-value.ts';
import { summarize, type VerifiedPackage } from './summary.ts';

/**
 * What the action does in a packager's workflow: installs the command line from npm, lints with annotations, packs each architecture,
 * verifies, and writes a summary. Runs from this repository's sources with Node alone; everything else is the command line's.
 */

const { env } = process;
const temporary = await mkdtemp(join(env['RUNNER_TEMP'] ?? '.', 's9pk-'));
const wrapper = resolve(env['S9PK_PATH'] || '.');
const cancelled = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => cancelled.abort());

const key = env['S9PK_KEY']?.trim() ?? '';
// What is run from here on has no use for it: it is told where the file is.
delete env['S9PK_KEY'];

const findings: Answer['findings'][number][] = [];
const packages: VerifiedPackage[] = [];
let failure: string | undefined;
try {
  const program = await CommandLine.install(temporary, env['S9PK_VERSION'] || (await ownVersion()), cancelled.signal);
  const linted = report(await program.answer(['lint', wrapper]));
  if (linted.ok && key !== '') await packAll(program, String(linted['generation']));
  if (key === '')
    printCommand('::notice title=Not packed::There is no signing key, so the wrapper was checked and not packed.');
} catch (error) {
  if (!(error instanceof ActionError)) throw error;
  failure = error.message;
  complain(`s9pk: ${failure}`);
} finally {
  const text = summarize({ findings, packages, isSigned: key !== '', failure });
  if (env['GITHUB_STEP_SUMMARY']) await appendFile(env['GITHUB_STEP_SUMMARY'], text);
}
const isGood = failure === undefined && findings.every(({ severity }) => severity !== 'error');
if (isGood && env['GITHUB_OUTPUT']) {
  await appendFile(env['GITHUB_OUTPUT'], formatOutput('packages', packages.map(({ output }) => output).join('\n')));
}
if (!isGood) process.exitCode = 1;

async function packAll(program: CommandLine, generation: string): Promise<void> {
  const out = join(temporary, 'packages');
  await mkdir(out);
  await using keyFile = await KeyFile.write(temporary, key);
  const more = (env['S9PK_PACK_ARGUMENTS'] ?? '').split('\n').filter((line) => line.trim() !== '');
  for (const arch of await architectures(program, generation)) {
    print(`Packing for ${arch ?? 'all architectures'}`);
    const chosen = arch === undefined ? [] : ['--arch', arch];
    const args = ['pack', wrapper, ...chosen, '--key', keyFile.path, '--output', `${out}/`, ...more];
    const packed = report(await program.answer<PackAnswer>(args));
    if (!packed.ok || packed.output === undefined) return;
    const checked = report(
      await program.answer<VerifyAnswer>(['verify', packed.output, '--signer', packed.signer.publicKey]),
    );
    if (!checked.ok) return;
    packages.push(packed);
  }
}

/** What is packed one after the other; undefined is a package for all. */
async function architectures(program: CommandLine, generation: string): Promise<(string | undefined)[]> {
  const wanted = (env['S9PK_ARCH'] ?? 'each').split(/[\s,]+/).filter(Boolean);
  if (wanted.join() === 'all') return [undefined];
  if (wanted.length > 0 && wanted.join() !== 'each') return wanted;
  // Wrappers for StartOS 0.3 say nothing of architectures: their package holds all that there are images of.
  if (generation === '0.3') return [undefined];
  const listed = report(await program.answer<Answer & { images: { arch: string[] }[] }>(['image', 'list', wrapper]));
  const named = [...new Set(listed.images?.flatMap(({ arch }) => arch))].sort();
  if (!listed.ok) return [];
  return named.length > 0 ? named : [undefined];
}

/** Shows what was found where it is in the sources, once. */
function report<T extends Answer>(answer: T): T {
  const seen = new Set(findings.map((found) => JSON.stringify(found)));
  for (const found of answer.findings) {
    if (seen.has(JSON.stringify(found))) continue;
    findings.push(found);
    printCommand(toGitHub(found));
  }
  return answer;
}

async function ownVersion(): Promise<string> {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(await readFile(file, 'utf8')) as { version: string }).version;
}
