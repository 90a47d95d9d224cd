import * as vscode from 'vscode';
import type { FromWorker } from '../../worker/protocol.ts';
import type { StartWorker } from './port.ts';

/** Starts the engine's worker in a browser. */
export function webWorker(file: vscode.Uri): StartWorker {
  return (onMessage, onEnd) => {
    const worker = startWorker(file, onMessage, onEnd);
    return {
      // Messages wait in their order until the worker is there.
      post: (message, transfer = []) =>
        void worker.then((started) => started.postMessage(message, [...transfer])).catch(onEnd),
      end: async () => (await worker).terminate(),
    };
  };
}

/** Through an address of its own: a worker may only be started from where the host itself came from. */
async function startWorker(
  file: vscode.Uri,
  onMessage: (message: FromWorker) => void,
  onEnd: (error: Error) => void,
): Promise<Worker> {
  const code = await vscode.workspace.fs.readFile(file);
  const address = URL.createObjectURL(new Blob([new Uint8Array(code)], { type: 'text/javascript' }));
  const worker = new Worker(address);
  worker.onmessage = ({ data }: { data: FromWorker }) => onMessage(data);
  worker.onerror = ({ message }) => onEnd(new Error(message));
  worker.onmessageerror = () => {
    onEnd(new Error('what the worker sent cannot be read'));
    worker.terminate();
  };
  return worker;
}
