import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from './browser.ts';
import { startCodeServer } from './code-server.ts';

/**
 * Stands in for the `code` executable that @vscode/test-electron runs: takes its arguments, runs the tests in the
 * extension host of code-server shown by Chromium, and exits with their code.
 */

const options = new Map(
  process.argv.slice(2).flatMap((arg) => {
    const match = /^--([^=]+)=(.*)$/s.exec(arg);
    return match ? [[match[1] ?? '', match[2] ?? ''] as const] : [];
  }),
);
const workspace = process.argv.slice(2).findLast((arg) => !arg.startsWith('--'));
const extension = options.get('extensionDevelopmentPath');
const tests = options.get('extensionTestsPath');
if (!workspace || !extension || !tests)
  throw new Error('usage: --extensionDevelopmentPath=... --extensionTestsPath=... FILE.code-workspace');
const TIMEOUT_MS = Number(process.env['S9PK_TEST_MINUTES'] ?? 6) * 60 * 1000;

const data = await mkdtemp(join(tmpdir(), 's9pk-code-'));
let code = 1;
try {
  const trust = process.env['S9PK_TEST_TRUST'] === 'restricted';
  await using server = await startCodeServer({
    data,
    trust,
    testDriver: true,
    ...(trust && {
      settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never' },
    }),
  });
  await using browser = await launchBrowser();
  const page = await browser.chromium.newPage();
  const exited = new Promise<number>((resolve) => {
    void page.exposeFunction('codeAutomationExit', (value: number) => resolve(value));
    setTimeout(() => {
      console.error('The tests did not end in time.');
      resolve(1);
    }, TIMEOUT_MS).unref();
  });
  await page.exposeFunction('codeAutomationLog', (type: string, args: unknown[]) => {
    const stream = type === 'error' || type === 'warn' ? process.stderr : process.stdout;
    stream.write(`${args.map(String).join(' ')}\n`);
  });
  const remote = (path: string) => `vscode-remote://${server.host}${path}`;
  const payload = [
    ['extensionDevelopmentPath', remote(extension)],
    ['extensionTestsPath', remote(tests)],
    ['skipWelcome', 'true'],
  ];
  await page.goto(
    `${server.url}?workspace=${encodeURIComponent(workspace)}&payload=${encodeURIComponent(JSON.stringify(payload))}`,
  );
  code = await exited;
} finally {
  await rm(data, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(code);
