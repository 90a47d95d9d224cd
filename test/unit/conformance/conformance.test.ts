import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, readdir, readFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { writeCase } from '../../../scripts/make-conformance.ts';
import type { ConformanceCase } from '../../conformance/case.ts';
import { conformanceCases } from '../../conformance/cases.ts';
import { temporaryFolder } from '../../support/tools.ts';

const FOLDER = join('test', 'cases');
const folders = readdirSync(FOLDER).sort();

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isFile() ? [relative(folder, join(entry.parentPath, entry.name))] : []))
    .sort();
}

test('the folders are what the script makes, byte for byte', async () => {
  await using temporary = await temporaryFolder();
  for (const item of await conformanceCases()) await writeCase(temporary.path, item);
  assert.deepEqual((await readdir(temporary.path)).sort(), folders);
  assert.deepEqual(await filesIn(temporary.path), await filesIn(FOLDER));
  for (const name of await filesIn(FOLDER)) {
    const made = await readFile(join(temporary.path, name));
    assert.ok(made.equals(await readFile(join(FOLDER, name))), name);
  }
});

interface Answer {
  readonly ok: boolean;
  readonly findings: readonly { code: string; severity: string; where: { file?: string; line?: number } }[];
  readonly packages?: readonly Readonly<Record<string, unknown>>[];
  readonly entries?: readonly { kind: string; path: string; size?: number; target?: string }[];
  readonly content?: string;
}

/** Runs the command line, which is what other implementations can be put in the place of. */
function run(args: readonly string[], cwd: string): Promise<{ answer: Answer; code: number }> {
  const cli = resolve('dist', 'cli.cjs');
  const env = { ...process.env, S9PK_CACHE: join(cwd, '.cache') };
  return new Promise((done) => {
    execFile(process.execPath, [cli, ...args, '--json', '--quiet'], { cwd, env }, (error, stdout) => {
      done({ answer: JSON.parse(stdout) as Answer, code: Number(error?.code ?? 0) });
    });
  });
}

function listed({ entries = [] }: Answer, top: string): string[] {
  return entries.map(({ kind, path, size, target }) => {
    const detail = kind === 'symlink' ? ` -> ${target}` : kind === 'file' ? ` ${size}` : '';
    return `${kind} ${path.slice(top.length)}${detail}`;
  });
}

for (const name of folders) {
  test(`conformance: ${name}`, async () => {
    const expected = JSON.parse(readFileSync(join(FOLDER, name, 'case.json'), 'utf8')) as Omit<
      ConformanceCase,
      'files'
    >;
    await using temporary = await temporaryFolder();
    await cp(join(FOLDER, name), temporary.path, { recursive: true });
    const last = expected.commands.at(-1) ?? [];
    for (const command of expected.commands.slice(0, -1)) {
      const { answer, code } = await run(command, temporary.path);
      assert.equal(code, 0, JSON.stringify(answer.findings));
    }
    const { answer, code } = await run(last, temporary.path);
    const said = answer.findings.filter((found) => found.severity !== 'info');
    assert.deepEqual([...new Set(said.map((found) => found.code))].sort(), expected.codes, JSON.stringify(said));
    assert.equal(code, expected.exit);
    assert.equal(answer.ok, expected.exit === 0);
    assert.equal(expected.exit !== 0, name.endsWith('_fail'));
    for (const [index, wanted] of (expected.packages ?? []).entries()) {
      const actual = answer.packages?.[index] ?? {};
      assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((key) => [key, actual[key]])), wanted);
    }
    if (expected.tree) assert.deepEqual(listed(answer, last[2] ?? ''), expected.tree);
    if (expected.content !== undefined)
      assert.equal(Buffer.from(answer.content ?? '', 'base64').toString(), expected.content);
    const places = said.map(
      (found) => `${found.code} ${relative(temporary.path, found.where.file ?? '')} ${found.where.line}`,
    );
    if (expected.places) assert.deepEqual(places, expected.places);
  });
}
