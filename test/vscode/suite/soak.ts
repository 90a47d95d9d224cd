import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as vscode from 'vscode';
import type { PackAnswer, VerifyAnswer } from '../../../extension/worker/protocol.ts';
import { codeOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

/** What the extension host's process holds after a round; the worker is a thread of it. */
interface Sample {
  readonly seconds: number;
  /** Resident memory in bytes. */
  readonly memory: number;
  /** Open file descriptors. */
  readonly descriptors: number;
  /** What the event loop waits for. */
  readonly resources: number;
  readonly children: number;
  /** Names in the wrapper's folder, and of ours in the folder for temporary files. */
  readonly files: number;
}

/** Rounds before the first sample that counts: caches fill, code is compiled. */
const WARM_UP = 5;
/** Bytes that memory may grow by between the first and the last third of an hour's rounds. */
const MEMORY_TOLERANCE = 48 << 20;

const folder = () => inWorkspace('hello-world');
const target = () => inWorkspace('hello-world', 'hello-world.s9pk');
const manifest = () => inWorkspace('hello-world', 'startos', 'manifest', 'index.ts');
const run = <T>(command: string, ...args: unknown[]) => vscode.commands.executeCommand<T>(command, ...args);

export const soakTests: readonly HostTest[] = [
  {
    name: 'memory, handles, processes and temporary files stay flat',
    timeoutMs: Number.POSITIVE_INFINITY,
    async run() {
      const start = Date.now();
      const end = start + Number(process.env['S9PK_SOAK_MINUTES'] ?? '60') * 60_000;
      const samples: Sample[] = [];
      for (let round = 0; Date.now() < end || samples.length < 3 * WARM_UP; round++) {
        await work(round);
        // What ends a moment after an answer (streams, the unlink of a folder) is no leftover.
        await new Promise((done) => setTimeout(done, 500));
        if (round >= WARM_UP) samples.push(sample(start));
        const file = process.env['S9PK_SOAK_SAMPLES'];
        if (file) writeFileSync(file, JSON.stringify(samples));
      }
      const third = Math.floor(samples.length / 3);
      const [before, after] = [samples.slice(0, third), samples.slice(-third)];
      for (const name of ['memory', 'descriptors', 'resources', 'children', 'files'] as const) {
        const [first, last] = [median(before, name), median(after, name)];
        console.log(`   ${name}: ${first} → ${last} in ${samples.length} rounds`);
        const more = name === 'memory' ? MEMORY_TOLERANCE : 0;
        assert.ok(last <= first + more, `${name} grew from ${first} to ${last} in ${samples.length} rounds`);
      }
    },
  },
];

/** One round of what a packager does, a mistake and a change of mind among it. */
async function work(round: number): Promise<void> {
  const document = await vscode.workspace.openTextDocument(manifest());
  const good = document.getText();
  await replace(document, good.replace("license: 'MIT'", "license: 'MTI'"));
  await eventually('the mistake is marked', () => isMarked(document.uri), 60);
  await replace(document, good);
  await document.save();

  const packed = await run<PackAnswer | undefined>('s9pk.pack', folder());
  assert.ok(packed?.made, JSON.stringify(packed?.findings));
  assert.equal((await run<VerifyAnswer>('s9pk.verify', target())).verdict, 'verified');
  await browse(target().with({ scheme: 's9pk', path: `${target().path}/images` }), 4);

  const copy = inWorkspace('hello-world', `copy-${round}.s9pk`);
  await vscode.workspace.fs.copy(target(), copy, { overwrite: true });
  await run('s9pk.editManifest', copy, { path: '/marketingUrl', value: `https://example.org/${round}` });
  await run('s9pk.compare', copy, target());
  await run('s9pk.closeComparison');
  await run('vscode.open', target());
  await run('workbench.action.closeAllEditors');
  await vscode.workspace.fs.delete(copy);

  const before = readFileSync(target().fsPath);
  await cancelPacking(20 * (round % 10));
  assert.deepEqual(readFileSync(target().fsPath), before, 'a cancelled pack leaves the package as it was');
}

/** Packs as a task and ends it after some milliseconds. */
async function cancelPacking(after: number): Promise<void> {
  const [task] = (await vscode.tasks.fetchTasks({ type: 's9pk' })).filter(({ name }) => /pack/i.test(name));
  assert.ok(task, 'there is no task that packs');
  const ended = new Promise<void>((done) => {
    const listener = vscode.tasks.onDidEndTask(({ execution }) => {
      if (execution.task.name !== task.name) return;
      listener.dispose();
      done();
    });
  });
  const execution = await vscode.tasks.executeTask(task);
  await new Promise((done) => setTimeout(done, after));
  execution.terminate();
  await ended;
}

const isMarked = (file: vscode.Uri) =>
  vscode.languages.getDiagnostics(file).some((diagnostic) => codeOf(diagnostic) === 'manifest-license');

async function replace(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Folders below, some levels deep, and the first bytes of what is there. */
async function browse(uri: vscode.Uri, levels: number): Promise<void> {
  for (const [name, type] of (await vscode.workspace.fs.readDirectory(uri)).slice(0, 20)) {
    const child = vscode.Uri.joinPath(uri, name);
    if ((type & vscode.FileType.Directory) !== 0 && levels > 0) await browse(child, levels - 1);
    else if (type === vscode.FileType.File) {
      const { size } = await vscode.workspace.fs.stat(child);
      if (size < 1 << 20) await vscode.workspace.fs.readFile(child);
    }
  }
}

function sample(start: number): Sample {
  const ours = readdirSync(tmpdir()).filter((name) => name.startsWith('s9pk') || name.startsWith('.s9pk'));
  return {
    seconds: Math.round((Date.now() - start) / 1000),
    memory: process.memoryUsage().rss,
    descriptors: countIn('/proc/self/fd'),
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length,
    children: childProcesses(),
    files: ours.length + readdirSync(folder().fsPath).length,
  };
}

function countIn(path: string): number {
  try {
    return readdirSync(path).length;
  } catch {
    return 0;
  }
}

/** Processes that threads of this one started and that are still there. */
function childProcesses(): number {
  let children = 0;
  for (const task of countIn('/proc/self/task') === 0 ? [] : readdirSync('/proc/self/task')) {
    try {
      children += readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).length;
    } catch {
      // The thread has ended.
    }
  }
  return children;
}

function median(samples: readonly Sample[], name: keyof Sample): number {
  const sorted = samples.map((one) => one[name]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
