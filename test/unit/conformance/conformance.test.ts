import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeCase } from '../../../scripts/make-conformance.ts';
import type { Expected } from '../../conformance/case.ts';
import { conformanceCases } from '../../conformance/cases.ts';
import { temporaryFolder } from '../../support/tools.ts';

const FOLDER = join('test', 'conformance', 'packages');
const folders = readdirSync(FOLDER).sort();

test('the folders are what the script makes, byte for byte', async () => {
  await using temporary = await temporaryFolder();
  const cases = await conformanceCases();
  assert.deepEqual(cases.map(({ name }) => name).sort(), folders);
  for (const item of cases) {
    await writeCase(temporary.path, item);
    for (const name of ['package.s9pk', 'expected.json']) {
      const made = await readFile(join(temporary.path, item.name, name));
      assert.ok(made.equals(await readFile(join(FOLDER, item.name, name))), `${item.name}/${name}`);
    }
  }
});

interface Answer {
  readonly ok: boolean;
  readonly findings: readonly { code: string; severity: string }[];
  readonly packages: readonly [Omit<Expected, 'codes'>];
}

/** Runs the command line, which is what other implementations can be put in the place of. */
function verify(file: string): Promise<{ answer: Answer; code: number }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join('dist', 'cli.cjs'), 'verify', '--json', '--quiet', file], (error, stdout) => {
      resolve({ answer: JSON.parse(stdout) as Answer, code: Number(error?.code ?? 0) });
    });
  });
}

for (const name of folders) {
  test(`conformance: ${name}`, async () => {
    const expected = JSON.parse(readFileSync(join(FOLDER, name, 'expected.json'), 'utf8')) as Expected;
    const { answer, code } = await verify(join(FOLDER, name, 'package.s9pk'));
    const codes = [
      ...new Set(answer.findings.filter((found) => found.severity !== 'info').map((found) => found.code)),
    ].sort();
    const [{ opens, intact, canonical, complete }] = answer.packages;
    assert.deepEqual(codes, expected.codes);
    assert.deepEqual(
      { opens, intact, canonical, complete },
      { opens: expected.opens, intact: expected.intact, canonical: expected.canonical, complete: expected.complete },
    );
    const hasError = answer.findings.some((found) => found.severity === 'error');
    assert.equal(hasError, name.endsWith('_fail'));
    assert.equal(code, hasError ? 1 : 0);
    assert.equal(answer.ok, !hasError);
  });
}
