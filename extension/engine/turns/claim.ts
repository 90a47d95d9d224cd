import { createHash, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** How long it is waited for whoever has a name to say who it is: its thread may be busy. */
const ANSWER_MS = 2000;
/** Between two attempts at a name that is being given back. */
const RETRY_MS = 20;
/** Characters of what a holder says that are read: it may be anybody. */
const MAX_WORDS = 300;

/**
 * A name that one thread of this machine has at a time: a socket (on Windows a pipe) that it listens at, because the system takes
 * those back whenever the thread or process ends, however it ends. Nothing stale is left but, outside of Linux and Windows, a file
 * in the folder for temporary files that nobody listens at, which the next one replaces.
 */
export class Claim implements AsyncDisposable {
  /** False where the system gave no such name: then nobody is kept out. */
  readonly isHeld: boolean;
  private readonly server: Server | undefined;
  private readonly visitors: Set<Socket>;

  private constructor(server: Server | undefined, visitors: Set<Socket>) {
    this.server = server;
    this.isHeld = server !== undefined;
    this.visitors = visitors;
  }

  /**
   * Takes the name of a subject, if nobody has it.
   * @param platform decides what the name is
   * @returns undefined if somebody has it
   */
  static async of(subject: string, platform: NodeJS.Platform = process.platform): Promise<Claim | undefined> {
    const address = addressOf(subject, platform);
    const token = randomUUID();
    // Wine lets several listen at one pipe.
    if (platform === 'win32' && (await isHeld(address))) return undefined;
    const first = await Claim.listen(address, token);
    if (first !== 'taken') return first;
    const isFile = platform !== 'linux' && platform !== 'win32';
    if (!isFile || (await isHeld(address))) return undefined;
    await rm(address, { force: true });
    const second = await Claim.listen(address, token);
    if (second === 'taken') return undefined;
    // Two may have found the same file that nobody listens at, and the later one took the name from the other.
    await setTimeout(RETRY_MS);
    const holder = await Holder.meet(address);
    holder?.leave();
    if (holder?.token === token) return second;
    await second.release();
    return undefined;
  }

  /**
   * Takes the name of a subject, and waits for it if somebody has it.
   * @param onWait hears who has it
   * @throws the signal's reason
   */
  static async wait(
    subject: string,
    onWait: (holder: string) => void,
    signal?: AbortSignal,
    platform: NodeJS.Platform = process.platform,
  ): Promise<Claim> {
    for (;;) {
      signal?.throwIfAborted();
      const claim = await Claim.of(subject, platform);
      if (claim) return claim;
      const holder = await Holder.meet(addressOf(subject, platform));
      if (holder) {
        onWait(holder.words);
        await holder.gone(signal);
      } else await setTimeout(RETRY_MS, undefined, { signal });
    }
  }

  private static listen(address: string, token: string): Promise<Claim | 'taken'> {
    const visitors = new Set<Socket>();
    const server = createServer((visitor) => {
      visitors.add(visitor);
      visitor.once('close', () => visitors.delete(visitor));
      visitor.on('error', () => undefined);
      visitor.resume();
      visitor.write(`${token} ${words()}\n`);
    });
    return new Promise((resolve) => {
      server.once('error', ({ code }: NodeJS.ErrnoException) =>
        resolve(code === 'EADDRINUSE' ? 'taken' : new Claim(undefined, visitors)),
      );
      server.listen(address, () => resolve(new Claim(server, visitors)));
    });
  }

  /** Gives the name back; those who wait for it hear so. Safe to call twice. */
  async release(): Promise<void> {
    const { server } = this;
    if (!server?.listening) return;
    const closed = new Promise((done) => server.close(done));
    for (const visitor of this.visitors) visitor.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}

/** Whoever has a name, and the connection that ends with it. */
class Holder {
  readonly token: string;
  readonly words: string;
  private readonly socket: Socket;

  private constructor(socket: Socket, said: string) {
    const end = said.indexOf(' ');
    this.socket = socket;
    this.token = said.slice(0, Math.max(end, 0));
    this.words = end < 0 ? 'another process' : said.slice(end + 1).trim();
  }

  /** @returns undefined if nobody has the name any more */
  static async meet(address: string): Promise<Holder | undefined> {
    const socket = connect(address);
    socket.setEncoding('utf8');
    let said = '';
    const answer = new Promise<boolean>((resolve) => {
      socket.on('data', (piece: string) => {
        said = (said + piece).slice(0, MAX_WORDS);
        if (said.includes('\n') || said.length === MAX_WORDS) resolve(true);
      });
      socket.once('close', () => resolve(false));
      socket.on('error', () => resolve(false));
    });
    const isThere = await Promise.race([answer, setTimeout(ANSWER_MS, true, { ref: false })]);
    if (isThere) return new Holder(socket, said);
    socket.destroy();
    return undefined;
  }

  /** Waits until the name is given back. @throws the signal's reason */
  async gone(signal: AbortSignal | undefined): Promise<void> {
    const leave = () => this.leave();
    signal?.addEventListener('abort', leave, { once: true });
    if (signal?.aborted) leave();
    if (!this.socket.closed) await new Promise((done) => this.socket.once('close', done));
    signal?.removeEventListener('abort', leave);
    signal?.throwIfAborted();
  }

  leave(): void {
    this.socket.destroy();
  }
}

async function isHeld(address: string): Promise<boolean> {
  const holder = await Holder.meet(address);
  holder?.leave();
  return holder !== undefined;
}

/** Who we are, for those who wait: as the list of processes shows it, without arguments that are the user's. */
function words(): string {
  const [, script = '', verb = ''] = process.argv;
  const program = [basename(script), verb].filter((word) => word !== '').join(' ');
  return `process ${process.pid}${program === '' ? '' : ` (${program})`}`;
}

/** Linux has names apart from its files, Windows has pipes; elsewhere it is a file, whose path may have 103 bytes. */
function addressOf(subject: string, platform: NodeJS.Platform): string {
  const name = `s9pk-${createHash('sha256').update(subject).digest('hex').slice(0, 32)}`;
  if (platform === 'linux') return `\0${name}`;
  return platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), name);
}
