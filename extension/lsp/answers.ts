import { type CancellationToken, LSPErrorCodes, ResponseError } from 'vscode-languageserver/node';
import { visibleLines } from '../engine/visible-text.ts';

interface Running {
  readonly uri: string;
  readonly controller: AbortController;
}

/** Answers requests: one that is cancelled, or about a text that was changed meanwhile, ends early and says so. */
export class Answers {
  private readonly running = new Set<Running>();

  /** A text was changed: what is being answered about it would be about what it said before. */
  supersede(uri: string): void {
    for (const request of this.running)
      if (request.uri === uri) request.controller.abort(LSPErrorCodes.ContentModified);
  }

  /**
   * Answers a request about a document.
   * @param work throws an Error with a message for the user where there is no answer
   */
  async give<R>(
    uri: string,
    token: CancellationToken,
    work: (signal: AbortSignal) => Promise<R>,
  ): Promise<R | ResponseError> {
    const controller = new AbortController();
    const request = { uri, controller };
    const { signal } = controller;
    const subscription = token.onCancellationRequested(() => controller.abort(LSPErrorCodes.RequestCancelled));
    this.running.add(request);
    try {
      if (token.isCancellationRequested) controller.abort(LSPErrorCodes.RequestCancelled);
      signal.throwIfAborted();
      const answer = await work(signal);
      signal.throwIfAborted();
      return answer;
    } catch (error) {
      if (signal.aborted) return new ResponseError(signal.reason as number, 'the answer is not wanted any more');
      return new ResponseError(LSPErrorCodes.RequestFailed, visibleLines((error as Error).message));
    } finally {
      subscription.dispose();
      this.running.delete(request);
    }
  }
}
