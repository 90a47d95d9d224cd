import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { resolve, sep } from 'node:path';
import { getSystemErrorMap } from 'node:util';

/** What the engine asks of the file system, below one folder: everybody else's files, Node's own among them, are left alone. */
export interface Operation {
  /** The function's name, in the words of errors: `open`, `read`, `rename`. */
  readonly name: string;
  /** Absolute; of two the first one below the folder. */
  readonly path: string;
  readonly isWriting: boolean;
}

/** What becomes of an operation; undefined: it is done as ever. */
export type Outcome =
  /** It fails with this code, and nothing is done; closing fails too, but closes. */
  | { readonly fail: string }
  /** It does a part of what it was asked for, as systems may: of a read or a write half the bytes. */
  | { readonly isPartial: true };

/** Decides about each operation, in the order in which they are begun. */
export type Rule = (operation: Operation) => Outcome | undefined;

type Call = (...args: unknown[]) => Promise<unknown>;
type Calls = Record<string, Call>;

const LOOKING = ['stat', 'lstat', 'readdir', 'readlink', 'realpath', 'statfs', 'access'];
const CHANGING = [
  ...['mkdir', 'mkdtemp', 'copyFile', 'symlink', 'rename', 'rm', 'rmdir', 'unlink', 'chmod', 'utimes', 'truncate'],
  ...['cp', 'link'],
];
/** Of an open file. */
const OF_HANDLES: Readonly<Record<string, { readonly syscall: string; readonly isWriting: boolean }>> = {
  read: { syscall: 'read', isWriting: false },
  stat: { syscall: 'fstat', isWriting: false },
  close: { syscall: 'close', isWriting: false },
  write: { syscall: 'write', isWriting: true },
  writeFile: { syscall: 'write', isWriting: true },
  sync: { syscall: 'fsync', isWriting: true },
  truncate: { syscall: 'ftruncate', isWriting: true },
};

/** The functions of `node:fs/promises` as they were. */
const real: Calls = { ...(promises as unknown as Calls) };
let rule: Rule = () => undefined;

/** Asks a rule about everything from now on. */
export function watch(next: Rule): void {
  rule = next;
}

/** Puts itself between the engine and the file system, for good: in a process of its own. */
export function watchFolder(folder: string): void {
  const isBelow = (path: string) => path === folder || path.startsWith(`${folder}${sep}`);
  const pathOf = (args: readonly unknown[]) =>
    args
      .slice(0, 2)
      .flatMap((arg) => (typeof arg === 'string' || Buffer.isBuffer(arg) ? [resolve(String(arg))] : []))
      .find(isBelow);
  const changed: Calls = {};
  for (const name of [...LOOKING, ...CHANGING])
    changed[name] = async (...args) => {
      const path = pathOf(args);
      if (path === undefined) return call(name, args);
      const outcome = rule({ name, path, isWriting: CHANGING.includes(name) });
      if (outcome && 'fail' in outcome)
        throw systemError(outcome.fail, name, args.slice(0, TWO.includes(name) ? 2 : 1));
      return call(name, args);
    };
  changed['open'] = async (...args) => {
    const path = pathOf(args);
    if (path === undefined) return call('open', args);
    askFor('open', path, isForWriting(args[1]));
    return watched((await call('open', args)) as Calls, path);
  };
  // Node opens and reads, and of what fails while it reads it does not say the name.
  changed['readFile'] = async (...args) => {
    const path = pathOf(args);
    if (path === undefined) return call('readFile', args);
    askFor('open', path, false);
    const outcome = rule({ name: 'read', path, isWriting: false });
    if (outcome && 'fail' in outcome) throw systemError(outcome.fail, 'read');
    return call('readFile', args);
  };
  changed['writeFile'] = async (...args) => {
    const path = pathOf(args);
    if (path === undefined) return call('writeFile', args);
    askFor('open', path, true);
    const outcome = rule({ name: 'write', path, isWriting: true });
    if (outcome && 'fail' in outcome) {
      const half = Buffer.from(args[1] as string | Uint8Array);
      await call('writeFile', [path, half.subarray(0, half.length >> 1), args[2]]);
      throw systemError(outcome.fail, 'write');
    }
    return call('writeFile', args);
  };
  Object.assign(promises, changed);
  // Modules that have imported the functions by name get the new ones, too.
  syncBuiltinESMExports();
}

/** Those that errors name two paths of. */
const TWO = ['rename', 'copyFile', 'symlink', 'link', 'cp'];

function call(name: string, args: readonly unknown[]): Promise<unknown> {
  const original = real[name];
  if (!original) throw new TypeError(`there is no ${name}`);
  return original.apply(promises, [...args]);
}

function askFor(name: string, path: string, isWriting: boolean): void {
  const outcome = rule({ name, path, isWriting });
  if (outcome && 'fail' in outcome) throw systemError(outcome.fail, name, [path]);
}

function isForWriting(flags: unknown): boolean {
  return typeof flags === 'string' && flags !== 'r';
}

function watched(handle: Calls, path: string): unknown {
  for (const [name, { syscall, isWriting }] of Object.entries(OF_HANDLES)) {
    const original = handle[name]?.bind(handle);
    if (!original) throw new TypeError(`open files have no ${name}`);
    handle[name] = async (...args) => {
      const outcome = rule({ name, path, isWriting });
      if (outcome && 'fail' in outcome) {
        if (name === 'close') await original(...args);
        throw systemError(outcome.fail, syscall);
      }
      return outcome && 'isPartial' in outcome ? original(...halved(args)) : original(...args);
    };
  }
  return handle;
}

/** `read` and `write` with a buffer, an offset, a length and a position. */
function halved([buffer, offset, length, ...rest]: readonly unknown[]): unknown[] {
  if (typeof length !== 'number') throw new TypeError('the length of a read or write is not said');
  return [buffer, offset, Math.max(Math.min(1, length), length >> 1), ...rest];
}

/** An error as Node makes it of what the system says. */
function systemError(code: string, syscall: string, paths: readonly unknown[] = []): Error {
  const [number, text] = numberAndText(code);
  const shown = paths.map((path) => `'${String(path)}'`).join(' -> ');
  return Object.assign(new Error(`${code}: ${text}, ${syscall}${shown === '' ? '' : ` ${shown}`}`), {
    ...{ code, errno: number, syscall },
    ...(paths.length > 0 && { path: String(paths[0]) }),
  });
}

function numberAndText(code: string): [number, string] {
  for (const [number, [name, text]] of getSystemErrorMap()) if (name === code) return [number, text];
  throw new RangeError(`no system says ${code}`);
}
