import assert from 'node:assert/strict';
import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import MarkdownIt from 'markdown-it';
import { parse } from 'yaml';
import { toGitHub } from '../../../extension/cli/print-findings.ts';
import { type Finding, finding } from '../../../extension/engine/finding.ts';
import { makeWrapper } from '../../../extension/engine/scaffold/new-wrapper.ts';
import { formatPrivateKey, keyFromSeed } from '../../../extension/engine/sign/private-key.ts';
import { KeyFile } from '../../../scripts/action/key-file.ts';
import { formatOutput } from '../../../scripts/action/output-value.ts';
import { summarize } from '../../../scripts/action/summary.ts';
import { needsShared, sharedFolder, sharedPath } from '../../support/shared.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';

/** The action as its steps run: the script of action.yml with the tarball, and files where GitHub has them. */

const HOSTILE = `a|b\n::error::x](http://evil.example)<img src=x onerror=y>\`@user #1 **b** www.evil.example\u202e\u001b[31m`;
const PEM = formatPrivateKey(keyFromSeed(new Uint8Array(32).fill(7)));
const SECRET_LINE = PEM.split('\n')[1] ?? '';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let tarball: string;

before(async () => {
  temporary = await temporaryFolder();
  await tool(process.execPath, ['scripts/package-npm.ts', '--out', temporary.path]);
  tarball = join(temporary.path, 's9pk-studio.tgz');
});
after(() => temporary[Symbol.asyncDispose]());

interface Ran {
  readonly code: number;
  readonly log: string;
  readonly summary: string;
  readonly output: string;
  readonly runnerTemp: string;
}

let count = 0;
async function runAction(
  inputs: Readonly<Record<string, string>>,
  cwd = temporary.path,
  meanwhile: (child: ChildProcess) => Promise<void> = async () => undefined,
): Promise<Ran> {
  const folder = join(temporary.path, `run-${count++}`);
  const runnerTemp = join(folder, 'temp');
  await mkdir(runnerTemp, { recursive: true });
  const [summary, output] = [join(folder, 'summary.md'), join(folder, 'output')];
  await writeFile(output, '');
  const github = {
    GITHUB_ACTIONS: 'true',
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_OUTPUT: output,
    RUNNER_TEMP: runnerTemp,
  };
  const env = {
    ...process.env,
    ...github,
    S9PK_CACHE: join(temporary.path, 'cache'),
    S9PK_VERSION: tarball,
    ...inputs,
  };
  const script = resolve('scripts/action/run.ts');
  const { code, log } = await new Promise<{ code: number; log: string }>((done) => {
    const child = execFile(process.execPath, [script], { cwd, env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, log: stdout + stderr });
    });
    void meanwhile(child);
  });
  const read = (file: string) => readFile(file, 'utf8');
  return { code, log, summary: await read(summary), output: await read(output), runnerTemp };
}

test('the steps of the action pack each architecture, verify, and leave no key behind', async () => {
  const folder = join(temporary.path, 'wrapper');
  const made = { id: 'my-service', title: 'My Service', tag: 'nginx:1.29-alpine', port: 80, year: 2026 };
  await makeWrapper({ ...made, template: 'tag', folder, templates: resolve('templates') });
  // Another key than the one of the wrapper's folder signs, and the wrapper's own code learns nothing of it.
  const seen = join(temporary.path, 'environment.json');
  const manifest = join(folder, 'startos/manifest/index.ts');
  const spying = `writeFileSync(${JSON.stringify(seen)}, JSON.stringify(process.env));\n`;
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace('\nexport', `import { writeFileSync } from 'node:fs';\n\n${spying}\nexport`));
  await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
  const root = join(temporary.path, 'root.tar');
  await writeFile(root, tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: '' }]));
  const images = ['x86_64', 'aarch64'].flatMap((arch) => ['--image', `main:${arch}=${root}`]);
  const { code, log, summary, output, runnerTemp } = await runAction({
    S9PK_PATH: 'wrapper',
    S9PK_KEY: PEM,
    S9PK_ARCH: 'x86_64 aarch64',
    S9PK_PACK_ARGUMENTS: ['--no-git', '--no-check', ...images].join('\n'),
  });
  assert.equal(code, 0, log);
  const [, end = '', value = ''] = /^packages<<(\S+)\n([\s\S]*)\n\1\n$/.exec(output) ?? [];
  assert.ok(end.length > 20);
  const files = value.split('\n');
  assert.deepEqual(
    files.map((file) => file.replace(/^.*[\\/]/, '')),
    ['my-service_x86_64.s9pk', 'my-service_aarch64.s9pk'],
  );
  for (const file of files) assert.ok((await stat(file)).size > 1000);
  assert.match(summary, /my&#45;service.*x86&#95;64/);
  const environment = await readFile(seen, 'utf8');
  assert.ok(environment.includes('RUNNER_TEMP') && !environment.includes(SECRET_LINE));
  assert.ok(!(log + summary + output).includes(SECRET_LINE));
  await assertNoKey(runnerTemp);
});

/** No file but those of programs and packages, which cannot have it, is one with the key in it. */
async function assertNoKey(runnerTemp: string): Promise<void> {
  for (const entry of await readdir(runnerTemp, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || /node_modules|\.s9pk$/.test(join(entry.parentPath, entry.name))) continue;
    const content = await readFile(join(entry.parentPath, entry.name), 'utf8');
    assert.ok(!content.includes(SECRET_LINE), entry.name);
  }
}

test('an action that is cancelled while it packs leaves no key behind', {
  skip: process.platform === 'win32',
}, async () => {
  const folder = join(temporary.path, 'wrapper');
  const manifest = join(folder, 'startos/manifest/index.ts');
  const marker = join(temporary.path, 'running');
  const hanging = `writeFileSync(${JSON.stringify(marker)}, '');\nfor (;;);\n`;
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace(/^writeFileSync.*$/m, hanging));
  const ran = runAction(
    { S9PK_PATH: 'wrapper', S9PK_KEY: PEM, S9PK_ARCH: 'x86_64', S9PK_PACK_ARGUMENTS: '--no-git\n--no-check' },
    temporary.path,
    async (child) => {
      while (!existsSync(marker)) await setTimeout(100);
      child.kill('SIGTERM');
    },
  );
  const { code, summary, runnerTemp } = await ran;
  assert.equal(code, 1);
  assert.match(summary, /cancelled/);
  await assertNoKey(runnerTemp);
});

test('a wrapper with mistakes is annotated, summed up, and not packed; hostile names are only names', async () => {
  const name = process.platform === 'win32' ? 'hostile' : 'h\n::warning::w]<b>';
  const folder = join(temporary.path, name);
  await mkdir(folder);
  const text = `id: ${JSON.stringify(HOSTILE)}\ntitle: x\nversion: 1\n${JSON.stringify(`|<i>[x](y)${HOSTILE}`)}: 1\nrelease-notes: x\n`;
  await writeFile(join(folder, 'manifest.yaml'), text);
  const { code, log, summary, output } = await runAction({ S9PK_PATH: name, S9PK_KEY: PEM });
  assert.equal(code, 1);
  assert.equal(output, '');
  const commands = log.split('\n').filter((line) => line.trimStart().startsWith('::'));
  assert.ok(commands.length >= 5, log);
  for (const line of commands) assert.match(line, /^::(?:error|warning|notice) (?:file|title)=/);
  assertHarmless(summary);
});

test('without a key the wrapper is checked and not packed; what cannot run is said', async () => {
  await makeWrapper({
    ...{ id: 'plain', title: 'Plain', tag: 'nginx:1.29-alpine', port: 80, year: 2026 },
    ...{ template: 'tag', folder: join(temporary.path, 'plain'), templates: resolve('templates') },
  });
  const checked = await runAction({ S9PK_PATH: 'plain', S9PK_KEY: '' });
  assert.equal(checked.code, 0, checked.log);
  assert.match(checked.summary, /Not packed: there is no signing key/);
  const misused = await runAction({
    S9PK_PATH: 'plain',
    S9PK_KEY: PEM,
    S9PK_ARCH: 'x86_64',
    S9PK_PACK_ARGUMENTS: '--nonsense',
  });
  assert.equal(misused.code, 1);
  assert.match(misused.log, /^s9pk: Unknown option '--nonsense'/m);
  assertHarmless(misused.summary);
});

/** GitHub's Markdown as far as the renderer of npm and of Visual Studio Code goes: nothing but our own tags and links come of it. */
function assertHarmless(summary: string): void {
  const html = new MarkdownIt({ html: true, linkify: true }).render(summary);
  const tags = [...html.matchAll(/<\/?([a-z0-9]+)([^>]*)>/gi)].map(([, tag = '', attributes = '']) => tag + attributes);
  for (const tag of tags)
    assert.match(
      tag,
      /^(?:h2|p|table|thead|tbody|tr|th|td|code|a href="https:\/\/github\.com\/s9pk-studio\/s9pk-studio\/blob\/main\/docs\/findings\/[a-z0-9-]+\.md"|a)$/,
    );
  const rows = [...html.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = '']) => row.match(/<t[dh]>/g)?.length);
  assert.ok(
    rows.every((cells) => cells === 4 || cells === 6),
    rows.join(),
  );
}

test('whatever a finding says stays text in annotations and summaries', () => {
  const found = finding('name-unsafe', HOSTILE.repeat(40), { file: HOSTILE, path: HOSTILE, line: 1 });
  const findings = Array.from({ length: 500 }, () => found);
  const summary = summarize({ findings, packages: [], isSigned: true, failure: HOSTILE });
  assertHarmless(summary);
  assert.ok(Buffer.byteLength(summary) < 1 << 20);
  assert.ok(!toGitHub(found).includes('\n'));
  const value = formatOutput('x', 'a\nEOF\nb');
  assert.match(value, /^x<<end-[0-9a-f-]{36}\na\nEOF\nb\nend-[0-9a-f-]{36}\n$/);
});

test('hostile packages are summed up as text', needsShared, async () => {
  const files = sharedFolder === undefined ? [] : readdirSync(sharedPath('fixtures', 'hostile'));
  const packages = files
    .filter((name) => name.endsWith('.s9pk'))
    .map((name) => sharedPath('fixtures', 'hostile', name));
  const answer = await new Promise<string>((done) => {
    const args = ['dist/cli.cjs', 'verify', '--json', '--quiet', ...packages];
    execFile(process.execPath, args, { maxBuffer: 64 << 20 }, (_error, stdout) => done(stdout));
  });
  const { findings } = JSON.parse(answer) as { findings: Finding[] };
  assert.ok(findings.length > 10);
  assertHarmless(summarize({ findings, packages: [], isSigned: true, failure: undefined }));
});

test('the key is in a file that only its owner reads, until the end', async () => {
  let path: string;
  {
    await using file = await KeyFile.write(temporary.path, PEM.trim());
    path = file.path;
    assert.equal(await readFile(path, 'utf8'), PEM);
    if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600);
  }
  assert.ok(!existsSync(path));
});

test('action.yml gives the script what it reads, and the script runs without packages', async () => {
  const action = parse(await readFile('action.yml', 'utf8'));
  const step = action.runs.steps.find(({ id }: { id?: string }) => id === 's9pk');
  const script = step.run.match(/\$GITHUB_ACTION_PATH\/([^"]+)"/)[1];
  const sources = await Promise.all(
    readdirSync('scripts/action').map((name) => readFile(`scripts/action/${name}`, 'utf8')),
  );
  const asked = new Set(sources.join('').match(/S9PK_[A-Z_]+/g));
  assert.deepEqual([...asked].sort(), Object.keys(step.env).sort());
  for (const [name, value] of Object.entries<string>(step.env)) {
    const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value)?.[1] ?? '';
    assert.ok(input in action.inputs, `${name}: ${value}`);
  }
  // From a copy without node_modules beside it, as GitHub checks actions out.
  const copy = join(temporary.path, 'checkout');
  for (const folder of ['scripts/action', 'extension/cli', 'extension/engine'])
    await tool('cp', ['-r', `--target-directory=${await made(join(copy, folder, '..'))}`, folder]);
  const loaded = `import(${JSON.stringify(pathToFileURL(join(copy, script.replace('run.ts', 'summary.ts'))).href)})`;
  await tool(process.execPath, ['-e', loaded], { cwd: copy });
  const annotating = `import(${JSON.stringify(pathToFileURL(join(copy, 'extension/cli/print-findings.ts')).href)})`;
  await tool(process.execPath, ['-e', annotating], { cwd: copy });
});

async function made(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  return folder;
}
