import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import type { PackAnswer } from '../../../extension/worker/protocol.ts';
import { type HostTest, inWorkspace } from './host-test.ts';

/** Longest time in milliseconds that our code may keep the extension host busy at a stretch. */
const LIMIT_MS = 50;

export const responsivenessTests: readonly HostTest[] = [
  {
    name: 'packing 500 MB never keeps the extension host busy',
    async run() {
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
      const answer = await vscode.commands.executeCommand<PackAnswer>('s9pk.pack', inWorkspace('large'));
      delay.disable();
      clearInterval(ticks);
      assert.ok(answer.made, JSON.stringify(answer.findings));
      assert.ok(answer.made.size > 500_000_000, `${answer.made.size}`);
      const p99 = (delay.percentile(99) / 1e6).toFixed(1);
      console.log(`   busy at most ${longest.toFixed(1)} ms at a stretch; p99 delay with waiting for a core ${p99} ms`);
      assert.ok(longest < LIMIT_MS, `${longest} ms`);
    },
  },
];
