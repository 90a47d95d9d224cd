import { resolve } from 'node:path';
import { keepResults } from '../support/results.ts';
import { checkExtraction } from './extraction.ts';
import { checkHeldPackage, checkKeys, checkPacking } from './packing.ts';
import { checkScripts } from './scripts.ts';
import { runUnitTests } from './unit-tests.ts';
import { WindowsNode } from './wine.ts';

/**
 * What Windows changes, on the real Windows build of Node under Wine: the unit tests with the contract of the command line,
 * packing to the same bytes as here, bundling scripts, extracting hostile names, keys, and packages that others have open.
 */

const cli = resolve('dist', 'cli.cjs');
const PARTS: readonly (readonly [string, (windows: WindowsNode) => Promise<unknown>])[] = [
  ['packing gives the same bytes', (windows) => checkPacking(windows, cli)],
  ['hostile names are left out', (windows) => checkExtraction(windows, cli)],
  ['scripts are bundled', (windows) => checkScripts(windows, cli)],
  ['keys', (windows) => checkKeys(windows, cli)],
  ['a package that is open elsewhere', (windows) => checkHeldPackage(windows, cli)],
  ['unit tests', runUnitTests],
];

await using windows = await WindowsNode.start();
let failed = 0;
for (const [name, check] of PARTS) {
  if (process.argv.length > 2 && !process.argv.slice(2).includes(name)) continue;
  const started = performance.now();
  try {
    const result = await check(windows);
    const counts = result === undefined ? '' : ` ${JSON.stringify(result)}`;
    await keepResults('windows', { [name]: { ...(result ?? {}), isPassed: true } });
    console.log(`passed in ${((performance.now() - started) / 1000).toFixed(0)} s: ${name}${counts}`);
  } catch (error) {
    failed++;
    await keepResults('windows', { [name]: { isPassed: false } });
    console.error(`failed: ${name}\n${error instanceof Error ? error.message : error}`);
  }
}
console.log(`${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
