import { parseArgs } from 'node:util';
import { FindingError, hasErrors } from '../engine/finding.ts';
import { firstError } from '../engine/first-error.ts';
import { UsageError } from './arguments.ts';
import { cacheCommand } from './cache-command.ts';
import type { Command, CommandResult } from './command.ts';
import { explainCommand } from './explain-command.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { commandHelp, generalHelp } from './help.ts';
import { keyCommand } from './key-command.ts';
import { complain, print, printJson, writeContent } from './output.ts';
import { duCommand, extractCommand, lsCommand, treeCommand } from './packages/browse-commands.ts';
import { catCommand } from './packages/cat-command.ts';
import { convertCommand } from './packages/convert-command.ts';
import { diffCommand } from './packages/diff-command.ts';
import { editCommand } from './packages/edit-command.ts';
import { inspectCommand } from './packages/inspect-command.ts';
import { verifyCommand } from './packages/verify-command.ts';
import { type FindingFormat, printFindings } from './print-findings.ts';
import { completionCommand, manCommand } from './shell/shell-commands.ts';
import { SILENCE, TerminalProgress } from './terminal.ts';
import { VERSION } from './version.ts';
import { doctorCommand } from './wrapper/doctor-command.ts';
import { imageCommand } from './wrapper/image-command.ts';
import { lintCommand } from './wrapper/lint-command.ts';
import { lspCommand } from './wrapper/lsp-command.ts';
import { migrateCommand } from './wrapper/migrate-command.ts';
import { newCommand } from './wrapper/new-command.ts';
import { packCommand } from './wrapper/pack-command.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['new', newCommand],
  ['pack', packCommand],
  ['verify', verifyCommand],
  ['lint', lintCommand],
  ['inspect', inspectCommand],
  ['ls', lsCommand],
  ['tree', treeCommand],
  ['du', duCommand],
  ['cat', catCommand],
  ['extract', extractCommand],
  ['diff', diffCommand],
  ['edit', editCommand],
  ['convert', convertCommand],
  ['migrate', migrateCommand],
  ['image', imageCommand],
  ['cache', cacheCommand],
  ['doctor', doctorCommand],
  ['explain', explainCommand],
  ['key', keyCommand],
  ['completion', completionCommand(() => COMMANDS)],
  ['man', manCommand(() => COMMANDS, VERSION)],
  ['lsp', lspCommand],
]);

/** Exit codes: the contract of the command line. */
const EXIT = { fine: 0, findings: 1, misuse: 2, cancelled: 130 } as const;

/** Runs one command line and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that has seen enough closes the pipe; that is its right and no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? EXIT.fine : EXIT.misuse);
  });
  const wantsJson = argv.includes('--json');
  try {
    const verbIndex = argv.findIndex((arg, index) => !arg.startsWith('-') && argv[index - 1] !== '--format');
    const verb = argv[verbIndex];
    const rest = argv.filter((_, index) => index !== verbIndex);
    if (verb === undefined && rest.includes('--version')) return printText(VERSION, wantsJson);
    if (verb === undefined || verb === 'help') {
      const topic = COMMANDS.get(rest.find((arg) => !arg.startsWith('-')) ?? '');
      printText(topic ? commandHelp(topic) : generalHelp(COMMANDS), wantsJson);
      return verb === 'help' || rest.includes('--help') || rest.includes('-h') ? EXIT.fine : EXIT.misuse;
    }
    const command = COMMANDS.get(verb);
    if (!command) throw new UsageError(`there is no verb "${verb}"; s9pk --help lists them`);
    return await runCommand(command, rest);
  } catch (error) {
    return reportFailure(firstError(error) as Error, wantsJson);
  }
}

async function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(command, argv);
  const wantsJson = values['json'] === true;
  if (values['help']) return printText(commandHelp(command), wantsJson);
  if (positionals.length > command.maxArguments) {
    throw new UsageError(`"${positionals[command.maxArguments]}" is one argument too many: ${command.usage}`);
  }
  const format = parseFormat(values['format']);
  const shown = values['quiet'] ? SILENCE : new TerminalProgress();
  const controller = new AbortController();
  const cancel = () => {
    // Who asks again does not want to wait for tidying up.
    if (controller.signal.aborted) process.exit(EXIT.cancelled);
    controller.abort(new CancelledError());
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, cancel);
  let result: CommandResult;
  try {
    result = await command.run({
      positionals,
      values,
      signal: controller.signal,
      ...shown,
    });
  } catch (error) {
    const first = firstError(error);
    if (!(first instanceof FindingError)) throw first;
    result = { findings: first.findings };
  } finally {
    shown.end();
  }
  const ok = !hasErrors(result.findings) && !result.unreadable?.length;
  if (wantsJson) {
    const content = result.bytes ? { content: await toBase64(result.bytes, controller.signal) } : {};
    const error = result.unreadable?.length ? { error: result.unreadable.join('; ') } : {};
    printJson({ ok, findings: result.findings, ...result.data, ...content, ...error });
  } else if (result.bytes) {
    try {
      for await (const chunk of result.bytes) {
        controller.signal.throwIfAborted();
        await writeContent(chunk);
      }
    } catch (error) {
      // Bytes are out already: what stopped them is said beside them.
      if (!(error instanceof FindingError)) throw error;
      for (const { message, where } of error.findings) complain(`s9pk: ${where.path ?? ''}: ${message}`);
      return EXIT.findings;
    }
  } else {
    printFindings(result.findings, format);
    if (result.text && format === 'human') print(result.text);
  }
  for (const message of result.unreadable ?? []) complain(`s9pk: ${message}`);
  if (result.unreadable?.length) return EXIT.misuse;
  return ok ? EXIT.fine : EXIT.findings;
}

async function toBase64(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('base64');
}

/** Prints help or the version; with `--json` as the one object that it promises. */
function printText(text: string, asJson: boolean): number {
  if (asJson) printJson({ ok: true, findings: [], text });
  else print(text);
  return EXIT.fine;
}

function parse(command: Command, argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: { ...GLOBAL_OPTIONS, ...command.options }, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function parseFormat(format: unknown): FindingFormat {
  if (format === undefined) return 'human';
  if (format === 'human' || format === 'sarif' || format === 'github') return format;
  throw new UsageError(`--format is human, sarif or github, not "${format}"`);
}

class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

function reportFailure(error: Error, wantsJson: boolean): number {
  if (error instanceof CancelledError) {
    complain('cancelled');
    return EXIT.cancelled;
  }
  const { code, path } = error as NodeJS.ErrnoException;
  const isExpected = error instanceof UsageError || code !== undefined;
  const message = code === 'ENOENT' && path ? `${path} is not there` : error.message;
  if (wantsJson) printJson({ ok: false, findings: [], error: message });
  complain(`s9pk: ${isExpected ? message : (error.stack ?? message)}`);
  return EXIT.misuse;
}
