import { durationInMs } from '../../../engine/package/duration.ts';
import type { DataNode } from '../../meaning/data-tree.ts';
import { list, object, print, quote } from '../code.ts';
import { type CodeFile, SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { freeId } from '../names.ts';
import { entriesAt, isTrueAt, textAt, textsAt } from '../read.ts';
import { scriptTexts, seeSources } from '../scripts.ts';
import { portName } from './interfaces.ts';
import { mountsCode } from './mounts.ts';

/** What 0.3 gives a check that says nothing about it (s9pk-v1 section 3.6). */
const DEFAULT_TIMEOUT_MS = 30_000;

/** A health check as a daemon's code has it. */
export interface CheckCode {
  readonly id: string;
  /** Lines of an object with `display` and `fn`, the first without its indentation. */
  readonly ready: readonly string[];
  /** It asks the service, and so waits until that is ready; 0.3 ran programs from the start. */
  readonly asksService: boolean;
}

/** The id of the main daemon, which no health check has. */
export function daemonId(draft: Draft): string {
  const taken = entriesAt(draft.manifest, 'health-checks').map(([id]) => id);
  return freeId('primary', taken);
}

/** The health checks of 0.3, for a function that has `effects` and the main `subcontainer`. */
export function checksOf(draft: Draft, file: CodeFile): CheckCode[] {
  return entriesAt(draft.manifest, 'health-checks').map(([id, node]) => {
    const name = textAt(node, 'name') ?? id;
    const { lines, asksService = false } = checkLines(draft, file, id, node);
    return { id, ready: ['{', `  display: ${file.say(name)},`, ...indented(lines), '}'], asksService };
  });
}

/** Lines of `fn`. */
interface CheckLines {
  readonly lines: string[];
  readonly asksService?: boolean;
}

/** For what nobody has translated yet: a check that claims nothing. */
const UNTRANSLATED = "fn: () => ({ result: 'disabled', message: null }),";

function checkLines(draft: Draft, file: CodeFile, id: string, node: DataNode): CheckLines {
  const name = textAt(node, 'name') ?? id;
  const success = textAt(node, 'success-message');
  const isScript = textAt(node, 'type') === 'script';
  if (isScript) return scriptCheck(draft, file, id, name, success);
  if (isTrueAt(node, 'system')) {
    const what = `this check ran in the image "${textAt(node, 'image')}" of StartOS 0.3, which 0.4 does not have`;
    return { lines: [mark('migrate-health', what), UNTRANSLATED] };
  }
  return { lines: commandCheck(draft, file, id, node, success) };
}

/** A program and its exit code. */
function commandCheck(draft: Draft, file: CodeFile, id: string, node: DataNode, success: string | undefined): string[] {
  writeExitCodes(draft);
  const command = list([textAt(node, 'entrypoint') ?? '', ...textsAt(node, 'args')].map(quote));
  const timeout = durationInMs(textAt(node, 'timeout') ?? '') ?? DEFAULT_TIMEOUT_MS;
  const message = success === undefined ? 'null' : file.say(success);
  const options = object({ timeout: String(timeout), success: message });
  const check = file.use('checkByExitCode', 'startos/exit-codes');
  const run = (subcontainer: string) => `${check}(${subcontainer}, ${print(command)}, ${print(options, 8, 60)})`;
  if (isTrueAt(node, 'inject')) return [`fn: () => ${run('subcontainer')},`];
  const image = quote(textAt(node, 'image') ?? 'main');
  const mounts = mountsCode(draft, node, `${id}-check`, file);
  return [
    'fn: async () => {',
    `  const mounts = ${mounts};`,
    `  return sdk.SubContainer.withTemp(effects, { imageId: ${image} }, mounts, ${quote(id)}, (checker) =>`,
    `    ${run('checker')},`,
    '  );',
    '},',
  ];
}

/** A function of the scripts: what asks for an address is known, the rest somebody has to translate. */
function scriptCheck(draft: Draft, file: CodeFile, id: string, name: string, success: string | undefined): CheckLines {
  const url = askedUrl(draft, id);
  if (url !== undefined) {
    const messages = object({
      successMessage: success === undefined ? file.say(`${name} is ready`) : file.say(success),
      errorMessage: file.say(`${name} is not ready`),
    });
    const fn = `fn: () => sdk.healthCheck.checkWebUrl(effects, ${quote(url)}, ${print(messages, 8, 60)}),`;
    return { lines: [fn], asksService: true };
  }
  const what = `"${id}" was a function of the scripts${seeSources(draft, /\bhealth\b/)}; do here what it did`;
  return { lines: [mark('migrate-health', what), UNTRANSLATED] };
}

/** Whether the service listens. */
export function askPort(draft: Draft, file: CodeFile, name: string, port: number): string[] {
  const constant = file.use(portName(draft, port), 'startos/interfaces');
  const messages = object({
    successMessage: file.say(`${name} is ready`),
    errorMessage: file.say(`${name} is not ready`),
  });
  return [`fn: () => sdk.healthCheck.checkPortListening(effects, ${constant}, ${print(messages, 8, 60)}),`];
}

/**
 * The address that a check's function asks: what stands in the first call of `checkWebUrl` behind the check's name. The
 * service's own host name is gone in 0.4, where all of its containers are one host.
 */
function askedUrl(draft: Draft, id: string): string | undefined {
  const escaped = id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const start = new RegExp(`(?:["'\`]|\\b)${escaped}["'\`]?\\s*[:(]`);
  for (const [, text] of scriptTexts(draft)) {
    const code = withoutComments(text);
    const found = start.exec(code);
    if (!found) continue;
    const rest = code.slice(found.index + found[0].length, found.index + 600);
    const call = /\bcheckWebUrl\(\s*["'`](https?:\/\/[^"'`$\s]+)["'`]/.exec(rest);
    // Of another check, whose name comes first.
    if (!call || /^\s*(?:async\s+)?["'`][\w-]+["'`]\s*[:(]/m.test(rest.slice(0, call.index))) continue;
    const url = URL.parse(call[1] ?? '');
    if (url?.hostname !== `${draft.oldId}.embassy` && url?.hostname !== 'localhost') continue;
    url.hostname = 'localhost';
    return url.href;
  }
  return undefined;
}

function withoutComments(text: string): string {
  const [first = '', ...others] = text.replace(/(^|[^:])\/\/.*$/gm, '$1').split('/*');
  return [first, ...others.map((part) => part.split('*/').slice(1).join('*/'))].join('');
}

/** `startos/exit-codes.ts`: what the exit codes of 0.3 mean (s9pk-v1 section 3.5). */
function writeExitCodes(draft: Draft): void {
  const file = draft.file('startos/exit-codes.ts');
  if (file.isWritten) return;
  const manifest = file.use('type manifest', 'startos/manifest');
  const type = file.use('type SubContainer', SDK);
  const result = `${file.use('type healthFns', SDK)}.HealthCheckResult`;
  file.add(
    ['const started = Date.now();'],
    [
      '/**',
      ' * Runs a health check of StartOS 0.3: 0 is success, 59 disabled, 60 starting, 61 loading, all else has failed; standard',
      ' * error is the message. Its input is how many milliseconds the service has been running.',
      ' */',
      'export async function checkByExitCode(',
      `  subcontainer: Pick<${type}<typeof ${manifest}>, 'exec'>,`,
      '  command: string[],',
      '  { timeout, success }: { timeout: number; success: string | null },',
      `): Promise<${result}> {`,
      '  const input = String(Date.now() - started);',
      '  const { exitCode, stderr } = await subcontainer.exec(command, { input }, timeout);',
      '  const message = String(stderr).trim();',
      '  switch (exitCode) {',
      '    case 0:',
      "      return { result: 'success', message: success };",
      '    case 59:',
      "      return { result: 'disabled', message };",
      '    case 60:',
      "      return { result: 'starting', message };",
      '    case 61:',
      "      return { result: 'loading', message };",
      '    default:',
      "      return { result: 'failure', message: message || 'the check was ended after its time' };",
      '  }',
      '}',
    ],
  );
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
