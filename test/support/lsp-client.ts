import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type ClientCapabilities,
  createProtocolConnection,
  type Diagnostic,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type ProtocolConnection,
  PublishDiagnosticsNotification,
  type Range,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver-protocol/node';

/** The built command line. */
export const CLI = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url));

export const uriOf = (path: string) => pathToFileURL(path).href;

/** What an editor of these days says that it can do. */
const CAPABILITIES: ClientCapabilities = {
  workspace: {
    workspaceEdit: { documentChanges: true, resourceOperations: ['create'] },
    didChangeWatchedFiles: { dynamicRegistration: true },
  },
  textDocument: {
    completion: { completionItem: { snippetSupport: true } },
    rename: { prepareSupport: true },
  },
  general: { positionEncodings: ['utf-8', 'utf-16'] },
};

/** `s9pk lsp` as a child process, driven with VS Code's own protocol library. */
export class LspClient implements AsyncDisposable {
  readonly connection: ProtocolConnection;
  readonly diagnostics = new Map<string, readonly Diagnostic[]>();
  readonly registered: string[] = [];
  initialized: InitializeResult | undefined;
  private readonly child;
  private readonly ended: Promise<unknown[]>;
  private readonly versions = new Map<string, number>();

  private constructor() {
    this.child = spawn(process.execPath, [CLI, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = once(this.child, 'exit');
    this.connection = createProtocolConnection(
      new StreamMessageReader(this.child.stdout),
      new StreamMessageWriter(this.child.stdin),
    );
    this.connection.onNotification(PublishDiagnosticsNotification.type, ({ uri, diagnostics, version }) => {
      const current = this.versions.get(uri);
      // What is about an older text, an editor does not show.
      if (version === undefined || current === undefined || version === current)
        this.diagnostics.set(fileURLToPath(uri), diagnostics);
    });
    this.connection.onRequest(RegistrationRequest.type, ({ registrations }) => {
      this.registered.push(...registrations.map(({ method }) => method));
    });
    this.connection.listen();
  }

  static async start(capabilities: ClientCapabilities = CAPABILITIES): Promise<LspClient> {
    const client = new LspClient();
    client.initialized = await client.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: null,
      workspaceFolders: null,
      capabilities,
    });
    await client.connection.sendNotification(InitializedNotification.type, {});
    return client;
  }

  async open(path: string, text: string, languageId = 'plaintext'): Promise<void> {
    this.versions.set(uriOf(path), 1);
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, {
      textDocument: { uri: uriOf(path), languageId, version: 1, text },
    });
  }

  async change(path: string, range: Range, text: string): Promise<void> {
    const uri = uriOf(path);
    const version = (this.versions.get(uri) ?? 0) + 1;
    this.versions.set(uri, version);
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version },
      contentChanges: [{ range, text }],
    });
  }

  /** Waits until something holds of the diagnostics. @throws Error after ten seconds */
  async until(holds: () => boolean, what: string): Promise<void> {
    for (const end = Date.now() + 10_000; !holds(); ) {
      if (Date.now() > end) throw new Error(`${what}: ${JSON.stringify([...this.diagnostics], null, 1)}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }

  codesOf(path: string): string[] {
    return (this.diagnostics.get(path) ?? []).map(({ code }) => String(code)).toSorted();
  }

  /** Ends the server as an editor does. @returns its exit code */
  async end(): Promise<number> {
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const [code] = await this.ended;
    return code as number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.dispose();
    this.child.stdin.destroy();
    await this.ended;
  }
}
