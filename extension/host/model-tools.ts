import * as vscode from 'vscode';
import { FINDING_CODES } from '../engine/finding-codes.ts';
import { ARCHITECTURES } from '../engine/package/parse-images.ts';
import { aboutPackage } from './config.ts';
import { placeInWorkspace, wayInside } from './manifest/path-in-workspace.ts';
import { markdown, markdownCode, plainText, toolAnswer } from './say.ts';
import type { Services } from './services.ts';
import { statFile } from './stat-file.ts';
import { packWrapper } from './wrapper/pack-command.ts';
import { trustProblem } from './wrapper/run-in-wrapper.ts';

/** Names of a package's folder that a model is given at once. */
const SHOWN_NAMES = 200;

/** A tool that language models use. Its name, what it takes and what it is told about stand in package.json. */
interface Tool<I> {
  /** What the user reads while it runs. */
  doing(input: I): string;
  /** What the user is asked before; what only reads does not ask. */
  confirm?(input: I): vscode.LanguageModelToolConfirmationMessages;
  /** @throws Error with a message for the model */
  run(services: Services, input: I, token: vscode.CancellationToken): Promise<unknown>;
}

interface InFolder {
  readonly folder?: string;
}

const lint: Tool<InFolder> = {
  doing: ({ folder }) => vscode.l10n.t('Checking the wrapper {0}', folder || '.'),
  async run({ engine }, { folder }, token) {
    const uri = inWorkspace(folder ?? '');
    // The code of the wrapper is not run: nobody was asked.
    const { findings } = await engine.request('lint', { folder: uri.fsPath, mayRun: false, whole: true }, token);
    const unsaved = vscode.workspace.textDocuments.filter(
      ({ isDirty, uri: open }) => isDirty && wayInside(uri.fsPath, open.fsPath) !== undefined,
    );
    return {
      ok: !findings.some(({ severity }) => severity === 'error'),
      findings,
      // What was checked is what is on the disk.
      ...(unsaved.length > 0 && { unsavedFiles: unsaved.map(({ uri: open }) => open.fsPath) }),
    };
  },
};

interface AboutPackage {
  readonly file: string;
}

const verify: Tool<AboutPackage> = {
  doing: ({ file }) => vscode.l10n.t('Verifying {0}', file),
  run: async ({ engine }, { file }, token) => engine.request('verify', aboutPackage(inWorkspace(file)), token),
};

const inspect: Tool<AboutPackage & { readonly path?: string }> = {
  doing: ({ file, path = '' }) => vscode.l10n.t('Looking into {0}', path === '' ? file : `${file}/${path}`),
  async run({ engine }, { file, path }, token) {
    const params = aboutPackage(inWorkspace(file));
    if (path === undefined) {
      const { entries, ...summary } = await engine.request('describe', params, token);
      return { ...summary, entries: entries.map(({ path: at, kind, size }) => ({ path: at, kind, size })) };
    }
    const listed = await engine.request('list', { file: params.file, path, count: SHOWN_NAMES }, token);
    if (!listed.node) throw new Error(`${path} is not in ${file}`);
    return listed;
  },
};

const explain: Tool<{ readonly code: string }> = {
  doing: ({ code }) => vscode.l10n.t('Looking up {0}', code),
  async run({ home }, { code }) {
    if (!Object.hasOwn(FINDING_CODES, code)) throw new Error(`there is no finding "${code}"`);
    const page = vscode.Uri.joinPath(home, 'docs', 'findings', `${code}.md`);
    return { code, page: new TextDecoder().decode(await vscode.workspace.fs.readFile(page)) };
  },
};

const pack: Tool<InFolder & { readonly arch?: string }> = {
  doing: ({ folder }) => vscode.l10n.t('Packing {0}', folder || '.'),
  confirm: ({ folder, arch }) => ({
    title: vscode.l10n.t('Pack the wrapper?'),
    message: markdown(
      vscode.l10n.t(
        'This builds and runs the code of {0}, builds its images, and signs the package with your key. Architecture: {1}.',
        markdownCode(folder || '.'),
        markdownCode(arch ?? ARCHITECTURES.join(', ')),
      ),
    ),
  }),
  async run(services, { folder, arch }) {
    const problem = trustProblem();
    if (problem !== undefined) throw new Error(problem);
    const uri = inWorkspace(folder ?? '');
    if (!(await statFile(uri))) throw new Error(`${uri.fsPath} is not there`);
    if (arch !== undefined && !(ARCHITECTURES as readonly string[]).includes(arch))
      throw new Error(`arch is one of ${ARCHITECTURES.join(', ')}, not "${arch}"`);
    const answer = await packWrapper(services, uri, arch === undefined ? [] : [arch]);
    if (!answer)
      throw new Error('nothing was packed: there is no wrapper, it is being packed already, or the user cancelled');
    return { ok: answer.made !== undefined, ...answer };
  },
};

/** Every tool, by its name in package.json. */
const TOOLS = {
  s9pk_lint: lint,
  s9pk_verify: verify,
  s9pk_inspect: inspect,
  s9pk_explain: explain,
  s9pk_pack: pack,
} as const;

/** Offers the tools to the language models of VS Code. */
export function registerModelTools(services: Services): vscode.Disposable[] {
  return Object.entries(TOOLS).map(([name, tool]) => register(name, tool as Tool<object>, services));
}

function register(name: string, tool: Tool<object>, services: Services): vscode.Disposable {
  return vscode.lm.registerTool<object>(name, {
    prepareInvocation: ({ input }) => ({
      invocationMessage: plainText(tool.doing(input)),
      ...(tool.confirm && { confirmationMessages: tool.confirm(input) }),
    }),
    invoke: async ({ input }, token) => toolAnswer(await tool.run(services, input, token)),
  });
}

/**
 * A path that a model gives: absolute, or relative to a folder of the workspace.
 * @throws Error for what is outside the workspace: nobody asked the model to look there
 */
function inWorkspace(path: string): vscode.Uri {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ name, uri }) => ({ name, uri, path: uri.fsPath }));
  if (folders.length === 0) throw new Error('no folder is open');
  const place = placeInWorkspace(path, folders);
  if (!place) throw new Error(`${path} is outside of the workspace`);
  return vscode.Uri.joinPath(place.folder.uri, place.inside);
}
