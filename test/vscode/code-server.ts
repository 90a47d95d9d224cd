import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

/**
 * A real VS Code where no desktop build can run: code-server is VS Code's own server, workbench and extension host,
 * shown by a headless Chromium. Installed from npm, at one pinned version.
 */

const VERSION = '4.139.1';
const HOME = resolve('.vscode-test', `code-server-${VERSION}`);
const PACKAGE = join(HOME, 'node_modules', 'code-server');

/** Installs code-server into .vscode-test, once. */
export async function installCodeServer(): Promise<void> {
  const marker = join(HOME, 'installed');
  if (existsSync(marker)) return;
  console.log(`Installing code-server ${VERSION} (a VS Code to test in) into ${HOME}`);
  await rm(HOME, { recursive: true, force: true });
  await mkdir(HOME, { recursive: true });
  await writeFile(join(HOME, 'package.json'), '{ "private": true }\n');
  const npm = (cwd: string, ...args: string[]) => {
    const { status } = spawnSync(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...args],
      {
        cwd,
        stdio: 'inherit',
      },
    );
    if (status !== 0) throw new Error('npm could not install code-server');
  };
  npm(HOME, `code-server@${VERSION}`);
  // The server's own packages: its published tree has a package.json, but nobody installs it without scripts.
  npm(join(PACKAGE, 'lib', 'vscode'), '--omit=dev');
  npm(join(PACKAGE, 'lib', 'vscode', 'extensions'), '--omit=dev');
  await writeFile(marker, '');
}

const SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.colorTheme': 'Default Light Modern',
  'security.workspace.trust.enabled': false,
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'window.autoDetectColorScheme': false,
  // On in the web: what a test types would be on disk whenever the machine is slow.
  'files.autoSave': 'off',
};

export interface CodeServerOptions {
  /** A folder for settings, extensions and logs; made if it is not there. */
  readonly data: string;
  /** A .vsix to install before the start. */
  readonly vsix?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether Workspace Trust is on; off by default, so that every folder is trusted. */
  readonly trust?: boolean;
  /** Lets a page run an extension's tests; VS Code shows no notifications then. */
  readonly testDriver?: boolean;
}

export interface CodeServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly host: string;
}

/** Starts code-server on a free port and waits until it answers. */
export async function startCodeServer(options: CodeServerOptions): Promise<CodeServer> {
  if (!existsSync(join(HOME, 'installed'))) throw new Error('code-server is not installed; run: npm run setup');
  const data = resolve(options.data);
  await mkdir(join(data, 'data', 'User'), { recursive: true });
  await writeFile(join(data, 'data', 'User', 'settings.json'), JSON.stringify({ ...SETTINGS, ...options.settings }));
  await writeFile(join(data, 'config.yaml'), '');
  const port = await freePort();
  const base = [
    join(PACKAGE, 'out', 'node', 'entry.js'),
    ...['--config', join(data, 'config.yaml')],
    ...['--user-data-dir', join(data, 'data'), '--extensions-dir', join(data, 'extensions')],
  ];
  const env = {
    ...process.env,
    HOME: data,
    XDG_RUNTIME_DIR: data,
    EXTENSIONS_GALLERY: '{"serviceUrl":""}',
    ...options.env,
  };
  if (options.vsix) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...base, '--install-extension', options.vsix, '--force'],
      { env },
    );
    if (status !== 0) throw new Error(`the .vsix cannot be installed: ${stdout}${stderr}`);
  }
  const server = spawn(
    process.execPath,
    [
      ...base,
      ...['--bind-addr', `127.0.0.1:${port}`, '--auth', 'none'],
      ...(options.testDriver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
      ...['--disable-telemetry', '--disable-update-check', ...(options.trust ? [] : ['--disable-workspace-trust'])],
      ...['--disable-getting-started-override', '--disable-proxy'],
    ],
    { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let log = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk) => {
      log += chunk;
    });
  const host = `127.0.0.1:${port}`;
  await waitUntilHealthy(`http://${host}/healthz`, server, () => log);
  return { url: `http://${host}/`, host, port, [Symbol.asyncDispose]: () => stop(server) };
}

async function waitUntilHealthy(url: string, server: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (server.exitCode !== null) break;
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`code-server did not start:\n${log()}`);
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.pid === undefined) return;
  const ended = new Promise((done) => server.once('exit', done));
  process.kill(-server.pid, 'SIGTERM');
  const timer = setTimeout(() => server.pid && process.kill(-server.pid, 'SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolvePort(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
