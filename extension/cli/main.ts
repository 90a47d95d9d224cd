import { parseArgs } from 'node:util';
import { FindingError, hasErrors } from '../engine/finding.ts';
import { UsageError } from './arguments.ts';
import { catCommand } from './cat-command.ts';
import type { Command, CommandResult } from './command.ts';
import { commandHelp, generalHelp } from './help.ts';
import { inspectCommand } from './inspect-command.ts';
import { keyCommand } from './key-command.ts';
import { packCommand } from './pack-command.ts';
import { type FindingFormat, printFindings } from './print-findings.ts';
import { ProgressLine } from './terminal.ts';
import { verifyCommand } from './verify-command.ts';

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['pack', packCommand],
  ['verify', verifyCommand],
  ['inspect', inspectCommand],
  ['cat', catCommand],
  ['key', keyCommand],
]);

/** Exit codes: the contract of the command line. */
const EXIT = { fine: 0, findings: 1, misuse: 2, cancelled: 130 } as const;

const GLOBAL_OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  format: { type: 'string' },
  quiet: { type: 'boolean', short: 'q' },
} as const;

declare const S9PK_VERSION: string | undefined;

/** Runs one command line and gives its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [verb, ...rest] = argv;
  const wantsJson = argv.includes('--json');
  try {
    if (verb === '--version') return print(typeof S9PK_VERSION === 'undefined' ? 'development' : S9PK_VERSION);
    if (verb === undefined || verb === '--help' || verb === '-h' || verb === 'help') {
      const topic = COMMANDS.get(rest[0] ?? '');
      print(topic ? commandHelp(topic) : generalHelp(COMMANDS));
      return verb === undefined ? EXIT.misuse : EXIT.fine;
    }
    const command = COMMANDS.get(verb);
    if (!command) throw new UsageError(`there is no verb "${verb}"; s9pk --help lists them`);
    return await runCommand(command, rest);
  } catch (error) {
    return reportFailure(error as Error, wantsJson);
  }
}

async function runCommand(command: Command, argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(command, argv);
  if (values['help']) return print(commandHelp(command));
  const format = parseFormat(values['format']);
  const progress = new ProgressLine();
  const controller = new AbortController();
  const cancel = () => controller.abort(new CancelledError());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, cancel);
  let result: CommandResult;
  try {
    result = await command.run({
      positionals,
      values,
      signal: controller.signal,
      onProgress: values['quiet'] ? () => undefined : progress.show,
      log: (line) => {
        if (values['quiet']) return;
        progress.clear();
        process.stderr.write(`${line}\n`);
      },
    });
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    result = { findings: error.findings };
  } finally {
    progress.clear();
  }
  const ok = !hasErrors(result.findings);
  if (result.bytes) {
    for await (const chunk of result.bytes) await write(chunk);
  } else if (values['json']) {
    print(JSON.stringify({ ok, findings: result.findings, ...result.data }));
  } else {
    printFindings(result.findings, format);
    if (result.text && format === 'human') print(result.text);
  }
  return ok ? EXIT.fine : EXIT.findings;
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
    process.stderr.write('cancelled\n');
    return EXIT.cancelled;
  }
  const { code, path } = error as NodeJS.ErrnoException;
  const isExpected = error instanceof UsageError || code !== undefined;
  const message = code === 'ENOENT' && path ? `${path} is not there` : error.message;
  if (wantsJson) print(JSON.stringify({ ok: false, findings: [], error: message }));
  process.stderr.write(`s9pk: ${isExpected ? message : (error.stack ?? message)}\n`);
  return EXIT.misuse;
}

function print(text: string): number {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return EXIT.fine;
}

function write(chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()));
  });
}
