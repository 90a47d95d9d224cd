import type { Operation, Outcome } from './watched-fs.ts';

/** Something that goes wrong at one operation of a command, or from there on. */
export interface Fault {
  readonly name: string;
  /** Whether it can go wrong with this operation. */
  readonly befalls: (operation: Operation) => boolean;
  /** What becomes of the operation. */
  readonly outcome: () => Outcome | undefined;
  /** Whether it befalls all that follow, too: a disk that is full stays full. */
  readonly stays?: boolean;
  /** What a person is told of it: something of this is in the message. */
  readonly said: RegExp;
  /** Whether the command must do all that it does without it. */
  readonly isHarmless?: boolean;
  /** Whether it is the user who stops it. */
  readonly isCancelling?: boolean;
}

const TAKING_ROOM = ['mkdir', 'mkdtemp', 'copyFile', 'symlink', 'write', 'writeFile', 'truncate', 'sync', 'cp'];
const ASKING_FOR_RIGHTS = ['open', 'mkdir', 'mkdtemp', 'readdir', 'rename', 'rm', 'copyFile'];

/** All that can go wrong with input and output. */
export const FAULTS: readonly Fault[] = [
  { name: 'EIO', befalls: () => true, outcome: () => ({ fail: 'EIO' }), said: /\bEIO\b/ },
  {
    name: 'ENOSPC',
    befalls: ({ name, isWriting }) => TAKING_ROOM.includes(name) || (name === 'open' && isWriting),
    outcome: () => ({ fail: 'ENOSPC' }),
    stays: true,
    said: /\bENOSPC\b|no room/,
  },
  {
    name: 'EACCES',
    befalls: ({ name }) => ASKING_FOR_RIGHTS.includes(name),
    outcome: () => ({ fail: 'EACCES' }),
    said: /\bEACCES\b|may not be read/,
  },
  {
    name: 'half of it',
    befalls: ({ name }) => name === 'read' || name === 'write',
    outcome: () => ({ isPartial: true }),
    said: /^/,
    isHarmless: true,
  },
  {
    name: 'SIGINT',
    befalls: () => true,
    outcome: () => {
      process.emit('SIGINT');
      return undefined;
    },
    said: /\bcancelled\b/,
    isCancelling: true,
  },
];
