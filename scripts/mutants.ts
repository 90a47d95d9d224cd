import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepResults } from '../test/support/results.ts';

/**
 * Changes one thing at a time in the rooms that guard most, and runs their tests: a change that no test notices is a guard
 * that could be lost. `npm run test:mutants`, or `-- FILE` for one of them.
 */
const GUARDED: Readonly<Record<string, readonly string[]>> = {
  'engine/visible-text.ts': ['cli/output.test.ts'],
  'engine/process/output.ts': ['process/run.test.ts'],
  'engine/http/private-address.ts': ['http/http-source.test.ts'],
  'engine/http/fetch-following.ts': ['http/http-source.test.ts'],
  'engine/http/http-source.ts': ['http/http-source.test.ts'],
  'engine/archive/table.ts': ['archive/table.test.ts'],
  'engine/tar/sparse.ts': ['tar/sparse.test.ts'],
  'engine/squashfs/read/block-list.ts': ['squashfs/block-list.test.ts'],
  'engine/squashfs/read/image-walk.ts': ['squashfs/image-walk.test.ts'],
  'engine/image/cache/cache-folder.ts': ['image/image-cache.test.ts'],
  'engine/io/staging.ts': ['io/staging.test.ts', 'io/failing-io.test.ts'],
  'engine/pack/secrets.ts': ['pack/secrets.test.ts'],
  'manifest/wrapper/docker/dockerignore.ts': ['manifest/dockerignore.test.ts'],
};

/** What is changed into what, one occurrence at a time. */
const CHANGES: readonly (readonly [what: RegExp, into: string])[] = [
  [/ < /g, ' <= '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ >= /g, ' > '],
  [/ === /g, ' !== '],
  [/ !== /g, ' === '],
  [/ && /g, ' || '],
  [/ \|\| /g, ' && '],
  [/ \+ /g, ' - '],
  [/ - /g, ' + '],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/if \(!/g, 'if ('],
  [/\breturn undefined;/g, 'throw new Error("mutant");'],
];

/** A test that takes longer was made to go on for ever, which is noticed too. */
const TIME_LIMIT_MS = 90_000;

interface Mutant {
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly text: string;
}

function* mutantsOf(text: string): Generator<Mutant> {
  const lines = text.split('\n');
  for (const [index, before] of lines.entries()) {
    if (/^\s*(?:\/?\*|\/\/|import |export (?:type|interface))/.test(before)) continue;
    for (const [what, into] of CHANGES) {
      for (const match of before.matchAll(what)) {
        const after = before.slice(0, match.index) + into + before.slice(match.index + match[0].length);
        const changed = lines.with(index, after).join('\n');
        yield { line: index + 1, before: before.trim(), after: after.trim(), text: changed };
      }
    }
  }
}

function passes(folder: string, tests: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const args = ['--test', '--test-reporter=dot', ...tests.map((name) => `test/unit/${name}`)];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', detached: true });
    const kill = () => child.pid && process.kill(-child.pid, 'SIGKILL');
    const timer = setTimeout(kill, TIME_LIMIT_MS);
    // Whoever stops us must not leave a test behind that goes on for ever.
    process.once('exit', kill);
    child.on('exit', (code) => {
      clearTimeout(timer);
      process.off('exit', kill);
      resolve(code === 0);
    });
  });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const wanted = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 's9pk-mutants-'));
let noticed = 0;
let all = 0;
try {
  const skipped = ['node_modules', '.git', '.vscode-test', 'dist'];
  await cp('.', folder, { recursive: true, filter: (path) => !skipped.includes(path.split(/[\\/]/)[0] ?? '') });
  for (const name of ['node_modules', 'dist']) await symlink(join(process.cwd(), name), join(folder, name));
  for (const [name, tests] of Object.entries(GUARDED)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const file = join(folder, 'extension', name);
    const text = await readFile(file, 'utf8');
    if (!(await passes(folder, tests))) throw new Error(`the tests of ${name} fail without any change`);
    let own = 0;
    let seen = 0;
    for (const mutant of mutantsOf(text)) {
      await writeFile(file, mutant.text);
      own++;
      if (!(await passes(folder, tests))) seen++;
      else console.log(`  ${name}:${mutant.line}: ${mutant.before}\n    not noticed: ${mutant.after}`);
    }
    await writeFile(file, text);
    console.log(`${name}: ${seen} of ${own} changes noticed`);
    await keepResults('mutants', { [name]: { changes: own, noticed: seen } });
    noticed += seen;
    all += own;
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`${noticed} of ${all} changes noticed (${all === 0 ? 0 : Math.round((100 * noticed) / all)} %)`);
