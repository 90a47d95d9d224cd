import { firstError } from '../engine/first-error.ts';
import type { OnBuild } from '../engine/image/build/build-progress.ts';
import type { Work } from '../engine/progress.ts';
import type { FromWorker, Request, Requests, ToWorker } from './protocol.ts';

/** What a request is done with: it can be cancelled, and whoever asked hears how it goes on. */
export interface ServedWork extends Work {
  readonly log: (line: string) => void;
  readonly onBuild: OnBuild;
  readonly onChecked: (path: string, isGood: boolean) => void;
}

/** Answers every request once, with what came out or why nothing did. @returns what takes the host's messages */
export function serve(
  send: (message: FromWorker) => void,
  handle: (request: Request, work: ServedWork) => Promise<Requests[keyof Requests]['answer']>,
): (message: ToWorker) => Promise<void> {
  const running = new Map<number, AbortController>();
  return async (message) => {
    const { id } = message;
    if (message.type === 'cancel') {
      running.get(id)?.abort(new Error('cancelled'));
      return;
    }
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const answer = await handle(message, {
        signal: controller.signal,
        onProgress: (progress) => send({ type: 'progress', id, progress }),
        log: (line) => send({ type: 'log', id, line }),
        onBuild: (update) => send({ type: 'build', id, update }),
        onChecked: (path, isGood) => send({ type: 'checked', id, path, isGood }),
      });
      send({ type: 'answer', id, answer });
    } catch (error) {
      send({ type: 'failed', id, message: (firstError(error) as Error).message, cancelled: controller.signal.aborted });
    } finally {
      running.delete(id);
    }
  };
}
