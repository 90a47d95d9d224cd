import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads to the end of its input and kills the group of its first argument, unless a line came first. The end comes when the other
 * end of the pipe is closed, which the system does for whoever is killed, be it a process or a thread.
 */
const WATCH = 'read -r line || kill -s KILL -- "-$1" 2>/dev/null';

/**
 * Has a process and all that it started killed should we be killed, which leaves us no time to do it: a shell waits beside it, in
 * a session of its own. Windows ends what a process started with it.
 * @param child leads a process group
 * @returns what ends the watch, for when the process has ended
 */
export function endWithUs(child: ChildProcess): () => void {
  if (child.pid === undefined || process.platform === 'win32') return () => undefined;
  const watch = spawn('/bin/sh', ['-c', WATCH, 'sh', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
    cwd: '/',
  });
  // Without a shell the process is not watched, which is how it would be without us.
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  return () => watch.stdin.end('\n');
}
