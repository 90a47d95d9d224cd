import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { temporaryFolder, tool } from '../../support/tools.ts';

/** What shells complete, asked of the shells themselves. */

const has = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const needs = (program: string) => ({ skip: has(program) ? false : `${program} is not installed; run: npm run setup` });

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
before(async () => {
  temporary = await temporaryFolder();
  for (const shell of ['bash', 'zsh', 'fish']) await writeFile(script(shell), await s9pk('completion', shell));
  await writeFile(join(temporary.path, 'some package.s9pk'), '');
});
after(() => temporary[Symbol.asyncDispose]());

const script = (shell: string) => join(temporary.path, `completion.${shell}`);
const s9pk = async (...args: string[]) =>
  (await tool(process.execPath, ['extension/cli/entry.ts', ...args])).toString();

/** What is typed, and what the shell must offer; nothing else where it is exact. */
const CASES: readonly (readonly [line: string, offered: readonly string[], isExact?: boolean])[] = [
  ['s9pk pa', ['pack'], true],
  ['s9pk ver', ['verify'], true],
  ['s9pk key ', ['show', 'create'], true],
  ['s9pk image ex', ['export'], true],
  ['s9pk completion ', ['bash', 'zsh', 'fish'], true],
  ['s9pk pack --no-g', ['--no-git'], true],
  ['s9pk pack --arch ', ['x86_64', 'aarch64', 'riscv64'], true],
  ['s9pk verify --for', ['--format'], true],
  ['s9pk pack --format sa', ['sarif'], true],
];

function compare(answer: readonly string[], [line, offered, isExact]: (typeof CASES)[number], shell: string): void {
  const got = [...new Set(answer)].sort();
  if (isExact) assert.deepEqual(got, [...offered].sort(), `${shell}: ${line}`);
  else for (const word of offered) assert.ok(got.includes(word), `${shell}: ${line}: ${got.join()}`);
}

test('bash', needs('bash'), async () => {
  for (const one of CASES) {
    const words = one[0].split(' ');
    const code = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _s9pk; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const answer = await tool('bash', ['--norc', '-euc', code, script('bash'), ...words]);
    compare(answer.toString().split('\n').filter(Boolean), one, 'bash');
  }
  // Where nothing of ours fits, it is bash's turn.
  const registered = await tool('bash', ['--norc', '-c', 'source "$0"; complete -p s9pk', script('bash')]);
  assert.equal(registered.toString().trim(), 'complete -o default -F _s9pk s9pk');
});

test('fish', needs('fish'), async () => {
  for (const one of CASES) {
    const code = `source ${script('fish')}; complete -C "${one[0]}"`;
    const answer = (await tool('fish', ['--no-config', '-c', code], { cwd: temporary.path })).toString();
    const words = answer.split('\n').map((line) => line.split('\t')[0] ?? '');
    // Fish adds files, as it does for every argument.
    compare(
      words.filter((word) => word !== '' && !/^(?:completion\.|some)/.test(word)),
      one,
      'fish',
    );
  }
});

test('zsh', needs('zsh'), async () => {
  // A real interactive shell in a terminal of its own: what is typed, a tab, and the line that came of it.
  const file = join(temporary.path, 'drive.zsh');
  await writeFile(file, ZSH);
  const cases = [
    ['s9pk pa', 's9pk pack '],
    ['s9pk image ex', 's9pk image export '],
    ['s9pk key cr', 's9pk key create '],
    ['s9pk pack --no-g', 's9pk pack --no-git '],
    ['s9pk pack --arch aar', 's9pk pack --arch aarch64 '],
    ['s9pk pack --format sa', 's9pk pack --format sarif '],
    ['s9pk verify some', 's9pk verify some\\ package.s9pk '],
  ] as const;
  for (const [typed, line] of cases) {
    const answer = await tool('zsh', ['-f', file, script('zsh'), typed], { cwd: temporary.path });
    assert.equal(answer.toString().trimEnd(), `[${line}]`, typed);
  }
});

const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
send() { zpty -w shell "$1" }
send "PS1= RPS1= PS2=; stty -echo; autoload -Uz compinit; compinit -u -D; source $1"
send 'show() { print -r -- "<""<[$BUFFER]>"">"; zle .send-break }; zle -N show; bindkey "^X" show'
zpty -w -n shell "$2"$'\\t'
zpty -w -n shell $'\\x18'
zpty -r shell out '*<<\\[*\\]>>*'
out=\${out##*<<}
print -r -- "\${out%%>>*}"
zpty -d shell
`;

test('the manual page is roff without mistakes, and has every verb and option', needs('man'), async () => {
  const page = join(temporary.path, 's9pk.1');
  await writeFile(page, await s9pk('man'));
  const { stdout, stderr, status } = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', page], {
    env: { ...process.env, MANWIDTH: '100', MAN_KEEP_FORMATTING: '', LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
  const shown = stdout.replaceAll(/.\u0008/g, '').replaceAll(/\s+/g, ' ');
  const help = await s9pk('pack', '--help');
  const options = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, name = '']) => name);
  assert.ok(options.length > 20);
  for (const name of options) assert.ok(shown.includes(name), name);
  const verbs = [...(await s9pk('--help')).matchAll(/^ {2}s9pk ([a-z]+)/gm)].map(([, name = '']) => name);
  assert.ok(verbs.length > 18);
  for (const verb of verbs) assert.ok(shown.includes(`s9pk ${verb}`), verb);
  assert.ok(shown.includes('130 cancelled'));
});
