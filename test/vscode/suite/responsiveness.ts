import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import type { PackAnswer } from '../../../extension/worker/protocol.ts';
import { codeOf, eventually, type HostTest, inWorkspace } from './host-test.ts';

/** Longest time in milliseconds that our code may keep the extension host busy at a stretch. */
const LIMIT_MS = 50;
/** From the last keystroke to the marker, in milliseconds, on a machine that does other things, too. */
const MARKED_MS = 1000;

/** Looks at what the host's thread does while something runs. */
async function watchThread(run: () => Promise<void>): Promise<void> {
  // What this thread computed between two ticks, not how long the machine made it wait for a core.
  let before = process.threadCpuUsage();
  let longest = 0;
  const ticks = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    longest = Math.max(longest, (user + system) / 1000);
  }, 5);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await run();
  delay.disable();
  clearInterval(ticks);
  const p99 = (delay.percentile(99) / 1e6).toFixed(1);
  console.log(`   busy at most ${longest.toFixed(1)} ms at a stretch; p99 delay with waiting for a core ${p99} ms`);
  assert.ok(longest < LIMIT_MS, `${longest} ms`);
}

const marked = (file: vscode.Uri, code: string) =>
  vscode.languages.getDiagnostics(file).some((item) => item.source === 's9pk' && codeOf(item) === code);

async function insert(file: vscode.Uri, at: vscode.Position, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.insert(file, at, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

export const responsivenessTests: readonly HostTest[] = [
  {
    name: 'packing 500 MB never keeps the extension host busy',
    async run() {
      await watchThread(async () => {
        const answer = await vscode.commands.executeCommand<PackAnswer>('s9pk.pack', inWorkspace('large'));
        assert.ok(answer.made, JSON.stringify(answer.findings));
        assert.ok(answer.made.size > 500_000_000, `${answer.made.size}`);
      });
    },
  },
  {
    name: 'typing into a manifest of 100,000 keys never keeps the extension host busy',
    async run() {
      const folder = inWorkspace('older', 'long');
      const file = vscode.Uri.joinPath(folder, 'manifest.yaml');
      const manifest = Buffer.from(
        await vscode.workspace.fs.readFile(inWorkspace('older', 'manifest.yaml')),
      ).toString();
      const keys = Array.from({ length: 100_000 }, (_, index) => `key${index}: 1\n`).join('');
      await vscode.workspace.fs.writeFile(file, Buffer.from(manifest + keys));
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
      await eventually('the keys are marked', () => marked(file, 'manifest-unknown-key'), 60);
      await watchThread(async () => {
        for (const letter of 'yaml') {
          await insert(file, new vscode.Position(0, 0), `# ${letter}\n`);
          await new Promise((done) => setTimeout(done, 400));
        }
        await insert(file, new vscode.Position(0, 0), 'id: other\n');
        await eventually('the second id is marked', () => marked(file, 'manifest-key-twice'), 60);
      });
      await vscode.commands.executeCommand('workbench.action.files.revert');
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      await vscode.workspace.fs.delete(folder, { recursive: true });
    },
  },
  {
    name: 'what is typed is marked at once',
    async run() {
      const file = inWorkspace('older', 'manifest.yaml');
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(file));
      const took: number[] = [];
      for (const [index, key] of ['first', 'second', 'third'].entries()) {
        await insert(file, new vscode.Position(0, 0), `${key}-unknown-key: 1\n`);
        const typed = performance.now();
        const count = () =>
          vscode.languages.getDiagnostics(file).filter((item) => codeOf(item) === 'manifest-unknown-key');
        while (count().length <= index && performance.now() - typed < 10_000) {
          await new Promise((done) => setTimeout(done, 5));
        }
        took.push(Math.round(performance.now() - typed));
      }
      console.log(`   marked ${took.join(', ')} ms after the last keystroke`);
      await vscode.commands.executeCommand('workbench.action.files.revert');
      assert.ok(Math.min(...took) < MARKED_MS, took.join());
    },
  },
];
