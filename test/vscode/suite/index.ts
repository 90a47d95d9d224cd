import { writeFileSync } from 'node:fs';
import { endsTests } from './ends.ts';
import { explorerTests } from './explorer.ts';
import type { HostTest } from './host-test.ts';
import { manifestTests } from './manifest.ts';
import { modelToolTests } from './model-tools.ts';
import { packingTests } from './packing.ts';
import { responsivenessTests } from './responsiveness.ts';
import { soakTests } from './soak.ts';
import { trustTests } from './trust.ts';
import { typeScriptTests } from './typescript.ts';
import { verifyingTests } from './verifying.ts';

const SUITES: Readonly<Record<string, readonly HostTest[]>> = {
  main: [
    ...packingTests,
    ...verifyingTests,
    ...explorerTests,
    ...manifestTests,
    ...modelToolTests,
    ...typeScriptTests,
    ...responsivenessTests,
  ],
  restricted: trustTests,
  ends: endsTests,
  soak: soakTests,
};

/** A test that takes longer waits for something that does not come. */
const TEST_TIMEOUT_MS = 90_000;

function withinTime(test: Promise<void>, milliseconds: number): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY) return test;
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('the test did not end in time')), milliseconds).unref();
  });
  return Promise.race([test, late]);
}

/** Entry point that VS Code calls inside its extension host. Rejects if a test fails. */
export async function run(): Promise<void> {
  const suite = SUITES[process.env['S9PK_TEST_SUITE'] ?? 'main'] ?? [];
  const results: { name: string; error?: string }[] = [];
  for (const { name, run: runTest, timeoutMs } of suite) {
    try {
      await withinTime(runTest(), timeoutMs ?? TEST_TIMEOUT_MS);
      results.push({ name });
      console.log(`ok - ${name}`);
    } catch (error) {
      results.push({ name, error: (error as Error).stack ?? String(error) });
      console.error(`not ok - ${name}\n${(error as Error).stack}`);
    }
  }
  const file = process.env['S9PK_TEST_RESULTS'];
  if (file) writeFileSync(file, JSON.stringify(results));
  const failed = results.filter((result) => result.error !== undefined);
  if (failed.length > 0 || results.length === 0) throw new Error(`${failed.length} of ${results.length} tests failed`);
}
