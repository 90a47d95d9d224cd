import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import type * as threads from 'node:worker_threads';
import * as vscode from 'vscode';
import type { FromWorker, PackAnswer, VerifyAnswer } from '../../../extension/worker/protocol.ts';
import { Random } from '../../fuzz/random.ts';
import { digestOf } from '../../support/digest.ts';
import { becomes, isRunning } from '../../support/processes.ts';
import { type HostTest, inWorkspace } from './host-test.ts';

/** How often the worker is ended. */
const ENDS = Number(process.env['S9PK_KILLS'] ?? '4');
const random = new Random(Number(process.env['S9PK_SEED'] ?? '1'));

const folder = () => inWorkspace('hello-world');
const target = () => inWorkspace('hello-world', 'hello-world.s9pk').fsPath;
const pack = () => vscode.commands.executeCommand<PackAnswer | undefined>('s9pk.pack', folder());
const verify = () => vscode.commands.executeCommand<VerifyAnswer | undefined>('s9pk.verify', vscode.Uri.file(target()));

/** A newer source, so that the bundle is built. */
function makeStale(): void {
  const now = new Date();
  utimesSync(inWorkspace('hello-world', 'startos', 'index.ts').fsPath, now, now);
}

/** The thread that the extension sends its work to, and every stage that it tells of. The extension itself knows nothing of it. */
class Engine implements Disposable {
  worker: threads.Worker | undefined;
  onStage: (stage: string) => void = () => undefined;
  /** Hears that it was asked to pack or to verify. */
  onAsked: () => void = () => undefined;
  private readonly post: threads.Worker['postMessage'];
  private readonly Worker: typeof threads.Worker;

  constructor() {
    this.Worker = process.getBuiltinModule('node:worker_threads').Worker;
    this.post = this.Worker.prototype.postMessage;
    const { post } = this;
    const meet = (worker: threads.Worker) => {
      this.meet(worker);
      this.onAsked();
    };
    this.Worker.prototype.postMessage = function (this: threads.Worker, ...args: Parameters<typeof post>) {
      const [message] = args as [{ type?: unknown }];
      if (message.type === 'pack' || message.type === 'verify') meet(this);
      post.apply(this, args);
    };
  }

  private meet(worker: threads.Worker): void {
    if (this.worker === worker) return;
    this.worker = worker;
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'progress') this.onStage(message.progress.stage);
    });
  }

  [Symbol.dispose](): void {
    this.Worker.prototype.postMessage = this.post;
  }
}

/** Processes that the host started and that run; none where the system does not tell. */
function children(): number[] {
  try {
    return readdirSync('/proc/self/task').flatMap((task) =>
      readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number).filter(isRunning),
    );
  } catch {
    return [];
  }
}

const staged = () => readdirSync(folder().fsPath).filter((name) => name.includes('.tmp-'));

export const endsTests: readonly HostTest[] = [
  {
    name: 'a worker that ends while it packs or verifies is said to have, and the next one works',
    timeoutMs: 60_000 + ENDS * 15_000,
    async run() {
      using engine = new Engine();
      makeStale();
      const began = performance.now();
      assert.ok((await pack())?.made);
      const longest = performance.now() - began;
      const good = digestOf(target());
      const before = new Set(children());
      let midway = 0;
      for (let end = 0; end < ENDS; end++) {
        makeStale();
        const packed = pack();
        await new Promise((done) => setTimeout(done, random.fraction() * longest));
        await engine.worker?.terminate();
        if (!(await packed)) midway++;
        const left = () => children().filter((pid) => !before.has(pid));
        assert.ok(await becomes(() => left().length === 0), `${left()} go on`);
        assert.equal(digestOf(target()), good);
        assert.ok((await pack())?.made, 'the next worker packs');
        assert.equal(digestOf(target()), good);
        assert.deepEqual(staged(), []);
        // Who asks without a notification hears it as an error.
        const asked = new Promise<void>((done) => {
          engine.onAsked = done;
        });
        const verified = vscode.lm.invokeTool('s9pk_verify', {
          input: { file: target() },
          toolInvocationToken: undefined,
        });
        const refused = assert.rejects(
          async () => await verified,
          /The engine ended unexpectedly \(the worker ended with code \d+\).*Try again: it starts anew/,
        );
        await asked;
        await engine.worker?.terminate();
        await refused;
        assert.equal((await verify())?.verdict, 'verified');
      }
      console.log(`   ${2 * ENDS} workers ended, ${ENDS + midway} before their answer`);
      assert.ok(midway > 0);
    },
  },
  {
    name: 'a pack that is cancelled at whichever stage leaves nothing, and does not stop the next',
    timeoutMs: 240_000,
    async run() {
      using engine = new Engine();
      const [task] = (await vscode.tasks.fetchTasks({ type: 's9pk' })).filter(
        ({ name, scope }) => name === 'pack' && typeof scope === 'object' && scope.name === 'hello-world',
      );
      assert.ok(task);
      const good = digestOf(target());
      const before = new Set(children());
      /** Packs anew all that can be, and cancels at a stage. */
      const packUntil = async (stage: number) => {
        const seen: string[] = [];
        rmSync(process.env['S9PK_CACHE'] ?? '', { recursive: true, force: true });
        makeStale();
        const ended = new Promise<number | undefined>((done) => {
          const listener = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
            if (execution.task.name !== task.name) return;
            listener.dispose();
            done(exitCode);
          });
          const closed = vscode.tasks.onDidEndTask(({ execution }) => {
            if (execution.task.name !== task.name) return;
            closed.dispose();
            done(undefined);
          });
        });
        const execution = await vscode.tasks.executeTask(task);
        engine.onStage = (name) => {
          if (seen.includes(name)) return;
          seen.push(name);
          if (seen.length - 1 === stage) execution.terminate();
        };
        await ended;
        engine.onStage = () => undefined;
        return seen;
      };
      const stages = await packUntil(Number.POSITIVE_INFINITY);
      assert.ok(stages.length > 5, stages.join());
      assert.equal(digestOf(target()), good);
      for (let stage = 0; stage < stages.length; stage++) {
        await packUntil(stage);
        // The worker takes the cancellation up a moment after the terminal has closed.
        assert.ok(await becomes(() => staged().length === 0), `${stages[stage]}: ${staged()}`);
        const left = () => children().filter((pid) => !before.has(pid));
        assert.ok(await becomes(() => left().length === 0), `${stages[stage]}: ${left()} go on`);
        assert.equal(digestOf(target()), good, stages[stage]);
        console.log(`   ${stages[stage]}`);
      }
      assert.ok((await pack())?.made);
      assert.equal(digestOf(target()), good);
      console.log(`   cancelled at ${stages.length} stages`);
    },
  },
];
