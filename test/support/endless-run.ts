import { parentPort } from 'node:worker_threads';
import { run } from '../../extension/engine/process/run.ts';

/** A process or thread that runs a program, which starts another; neither ends by itself. Tells their process ids. */

const program = `
const other = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
console.log(JSON.stringify([process.pid, other.pid]));
setInterval(() => {}, 1000);
`;
await run(process.execPath, ['-e', program], {
  cwd: '.',
  onLine: (line) => {
    const pids: unknown = JSON.parse(line);
    if (parentPort) parentPort.postMessage(pids);
    else process.send?.(pids);
  },
});
