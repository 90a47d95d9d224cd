import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CLI } from '../../support/lsp-client.ts';
import {
  type MistakenWrapper,
  sorted,
  type Underlined,
  underlinedInVsCode,
  writeMistakes,
} from '../../support/mistaken-wrappers.ts';
import { temporaryFolder } from '../../support/tools.ts';

interface NeovimAnswer {
  readonly diagnostics: Readonly<Record<string, readonly NeovimDiagnostic[] | Record<string, never>>>;
  readonly typed?: number;
  readonly hover?: string;
}

interface NeovimDiagnostic extends Omit<Underlined, 'severity'> {
  readonly severity: number;
}

const SEVERITIES = [undefined, 'error', 'warning', 'info'] as const;

const isInstalled = spawnSync('nvim', ['--version']).status === 0;
const isRequired = process.env['S9PK_NEOVIM'] === 'required';

/** A range of UTF-16 units as Neovim keeps it, in bytes. */
function inBytes(text: string, range: string): string {
  const lines = text.split('\n');
  return range.replaceAll(/(\d+):(\d+)/g, (_, line: string, character: string) => {
    const before = (lines[Number(line)] ?? '').slice(0, Number(character));
    return `${line}:${Buffer.byteLength(before)}`;
  });
}

test('Neovim shows the same findings at the same ranges as VS Code', {
  skip: !isInstalled && !isRequired && 'Neovim is not installed; run: npm run setup',
}, async () => {
  assert.ok(isInstalled, 'Neovim is not installed; run: npm run setup');
  await using temporary = await temporaryFolder();
  const mistakes = await writeMistakes(temporary.path);
  const expected = new Map<MistakenWrapper, Underlined[]>();
  for (const mistake of mistakes) expected.set(mistake, await underlinedInVsCode(mistake.file, mistake.text));
  const yaml = mistakes.find(({ file }) => file.endsWith('.yaml'));
  assert.ok(yaml);
  const job = join(temporary.path, 'job.json');
  const answer = join(temporary.path, 'answer.json');
  const typing = {
    path: yaml.file,
    // Behind characters of two units and four bytes each.
    insert: '# 𝔘𝔫\nno-such-key-𝔘: 1',
    says: '"no-such-key-𝔘"',
    hover: { line: 2, character: 0 },
  };
  await writeFile(
    job,
    JSON.stringify({
      command: [process.execPath, CLI, 'lsp'],
      folder: temporary.path,
      files: mistakes.map((mistake) => ({ path: mistake.file, expected: expected.get(mistake)?.length })),
      answer,
      typing,
    }),
  );
  const script = join(import.meta.dirname, '../../support/neovim.lua');
  await promisify(execFile)('nvim', ['--headless', '--clean', '-n', '-c', `luafile ${script}`], {
    env: { ...process.env, S9PK_JOB: job, XDG_STATE_HOME: temporary.path, XDG_CACHE_HOME: temporary.path },
    timeout: 90_000,
  });
  const found = JSON.parse(await readFile(answer, 'utf8')) as NeovimAnswer;
  for (const [{ name, file, text }, underlined] of expected) {
    const own = found.diagnostics[file];
    const shown = (Array.isArray(own) ? own : []).map(({ code, severity, message, range }: NeovimDiagnostic) => {
      return { code, severity: SEVERITIES[severity] ?? 'error', message, range };
    });
    const wanted = underlined.map((item) => ({ ...item, range: inBytes(text, item.range) }));
    assert.deepEqual(sorted(shown), sorted(wanted), name);
  }
  assert.equal(found.typed, 1);
  assert.match(found.hover ?? '', /\*\*id\*\*/);
});
