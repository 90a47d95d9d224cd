import type { Command } from '../command.ts';
import { VERSION } from '../version.ts';

export const lspCommand: Command = {
  usage: 's9pk lsp',
  summary: 'Serve an editor: diagnostics, completion and the rest for manifests, over the Language Server Protocol',
  maxArguments: 0,
  options: { stdio: { type: 'boolean' } },
  help: { stdio: ['', 'over standard input and output; there is no other way'] },
  async run({ signal }) {
    // A bundle of its own, so that no other verb waits for it.
    const { serve } = await import('../../lsp/serve.ts');
    serve(process.stdin, process.stdout, VERSION);
    // The editor ends it, or a signal.
    return await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(signal.reason);
        process.stdin.destroy();
      });
    });
  },
};
