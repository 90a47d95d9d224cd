import { join } from 'node:path';
import { BUDGET } from '../../budget.ts';
import { type Finding, FindingError, finding } from '../../finding.ts';
import { type JsonValue, parseJson } from '../../package/json.ts';
import { nodeRuntime } from '../../process/node-runtime.ts';
import { run } from '../../process/run.ts';

/**
 * Runs in the child: loads the bundle by its absolute path and sends the manifest through descriptor 3, where nothing
 * that the bundle prints can get in between.
 */
const CHILD = `
const { writeSync } = require('node:fs');
const send = (value) => {
  const bytes = Buffer.from(JSON.stringify(value) ?? 'null');
  for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at);
};
try {
  const bundle = require(process.argv[1]);
  const { manifest } = bundle;
  const exports = Object.keys(bundle).filter((name) => bundle[name] !== undefined);
  send(manifest === undefined ? {} : { manifest, exports });
} catch (error) {
  send({ error: String(error && error.message || error), stack: String(error && error.stack || '') });
}
process.exit(0);
`;

/** What devices call of a bundle when the service is installed, started, backed up and removed (s9pk-v2 section 7). */
const CALLED_BY_DEVICES = ['init', 'uninit', 'main', 'createBackup', 'actions'];

/** What a bundle said when it was loaded. */
export interface BundleAnswer {
  readonly manifest: JsonValue;
  /** What is amiss without being in the way of the manifest. */
  readonly findings: readonly Finding[];
}

export interface RunBundleOptions {
  /** The package folder, which the bundle runs in. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
  readonly timeLimit?: number;
}

/**
 * The manifest that a JavaScript bundle exports, evaluated in a child process. This runs the wrapper's own code: call
 * it for trusted workspaces only.
 * @throws FindingError `bundle-run` or `bundle-manifest`, with the line in the bundle where it failed.
 */
export async function runBundle(javascript: string, options: RunBundleOptions): Promise<BundleAnswer> {
  const file = join(javascript, 'index.js');
  const { command, env } = nodeRuntime();
  const limit = options.timeLimit ?? BUDGET.bundleMs;
  const result = await run(command, ['-e', CHILD, file], {
    cwd: options.folder,
    env,
    signal: options.signal,
    timeout: limit,
    onLine: options.log,
    channel: true,
  });
  if (result.timedOut) {
    const message = `the bundle did not give its manifest within ${limit / 1000} s; does it wait for something when loaded?`;
    throw new FindingError([finding('bundle-run', message, { file })]);
  }
  const { value } = parseJson(result.channel);
  if (!(value instanceof Map)) {
    const reason = result.stderr.trim().split('\n').slice(-3).join('\n') || `it ended with exit code ${result.code}`;
    throw new FindingError([
      finding('bundle-run', `the bundle ended before it gave its manifest: ${reason}`, { file }),
    ]);
  }
  const error = value.get('error');
  if (typeof error === 'string') {
    const where = { file, ...positionInStack(String(value.get('stack') ?? ''), file) };
    throw new FindingError([finding('bundle-run', `the bundle cannot be loaded: ${error}`, where)]);
  }
  const manifest = value.get('manifest');
  if (manifest === undefined) {
    const message =
      'the bundle exports no "manifest"; export it from startos/index.ts (export const manifest = buildManifest(...))';
    throw new FindingError([finding('bundle-manifest', message, { file })]);
  }
  const exported = value.get('exports');
  const missing = CALLED_BY_DEVICES.filter((name) => !Array.isArray(exported) || !exported.includes(name));
  return { manifest, findings: missing.length === 0 ? [] : [lackOf(missing, file)] };
}

function lackOf(missing: readonly string[], file: string): Finding {
  const message = `the bundle does not export ${missing.join(', ')}, which devices call; export it from startos/index.ts`;
  return finding('bundle-exports', message, { file });
}

function positionInStack(stack: string, file: string): { line?: number; column?: number } {
  const at = stack.indexOf(`${file}:`);
  const match = at < 0 ? null : /^:(\d+)(?::(\d+))?/.exec(stack.slice(at + file.length));
  if (!match) return {};
  return { line: Number(match[1]), ...(match[2] && { column: Number(match[2]) }) };
}
