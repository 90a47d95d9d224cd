import { BUDGET } from '../../engine/budget.ts';
import { pathsLike } from '../paths.ts';
import { ParseCache } from '../text/parse.ts';
import type { ManifestText, TextNode } from '../text/tree.ts';

/** Reads a text file; undefined if it is not there. In an editor this gives unsaved text too. */
export type ReadText = (file: string) => Promise<string | undefined>;

/** A file with what it says. */
export interface Module {
  readonly file: string;
  readonly text: ManifestText;
}

/** Where a TypeScript wrapper builds its manifest, from the folder of what setupManifest is given. */
const INDEX_FILES = ['../index.ts', './index.ts'];
/** Where a wrapper's version graph stands, from the folder of its manifest. */
const VERSION_FOLDERS = ['../versions', './versions', '../install/versions', './install/versions'];

/** A manifest's file and all modules of the wrapper that its names may come from, parsed. Nothing is executed. */
export class Modules {
  readonly manifest: Module;
  private readonly byFile = new Map<string, Module>();
  /** By importing file and specifier: the file it stands for. */
  private readonly resolved = new Map<string, string>();
  /** Modules that may hold the version graph. */
  readonly versions: readonly Module[];
  /** The module that calls buildManifest with what the package depends on. */
  index: Module | undefined;

  private constructor(manifest: Module, versions: Module[]) {
    this.manifest = manifest;
    this.versions = versions;
    this.byFile.set(manifest.file, manifest);
  }

  /** @returns undefined if the manifest's file is not there */
  static async load(file: string, readText: ReadText, cache = new ParseCache()): Promise<Modules | undefined> {
    const read = async (path: string): Promise<Module | undefined> => {
      const text = await readText(path);
      return text === undefined ? undefined : { file: path, text: cache.parse(path, text) };
    };
    const manifest = await read(file);
    if (!manifest) return undefined;
    const versions: Module[] = [];
    const modules = new Modules(manifest, versions);
    if (manifest.text.language !== 'typescript') return modules;
    const { dirname, join } = pathsLike(file);
    for (const folder of VERSION_FOLDERS) {
      for (const name of ['index.ts', 'versionGraph.ts']) {
        const found = await read(join(dirname(file), folder, name));
        if (found) versions.push(found);
      }
      if (versions.length > 0) break;
    }
    const queue = [manifest, ...versions];
    for (const found of versions) modules.byFile.set(found.file, found);
    modules.index = await findIndex(manifest, read);
    // Of the index only what leads to the dependencies is followed: it imports all of the wrapper.
    for (const from of namesIn(modules.index?.text.dependencies)) {
      const specifier = modules.index?.text.imports.get(from)?.from;
      if (!modules.index || specifier === undefined) continue;
      modules.byFile.set(modules.index.file, modules.index);
      const target = await modules.follow(modules.index.file, specifier, read);
      if (target) queue.push(target);
    }
    for (let module = queue.shift(); module && modules.byFile.size < BUDGET.modules; module = queue.shift()) {
      const specifiers = [...[...module.text.imports.values()].map(({ from }) => from), ...module.text.reexports];
      for (const from of new Set(specifiers)) {
        const target = await modules.follow(module.file, from, read);
        if (target) queue.push(target);
      }
    }
    return modules;
  }

  /** Loads what a specifier stands for; undefined if it is known already or not in the wrapper. */
  private async follow(
    file: string,
    from: string,
    read: (path: string) => Promise<Module | undefined>,
  ): Promise<Module | undefined> {
    if (!from.startsWith('.')) return undefined;
    const { dirname, join } = pathsLike(file);
    const base = join(dirname(file), from.replace(/\.[jt]s$/, ''));
    const candidates = base.endsWith('.json') ? [base] : [`${base}.ts`, join(base, 'index.ts')];
    for (const candidate of candidates) {
      const known = this.byFile.get(candidate);
      const module = known ?? (await read(candidate));
      if (!module) continue;
      this.resolved.set(`${file}\0${from}`, candidate);
      this.byFile.set(candidate, module);
      return known ? undefined : module;
    }
    return undefined;
  }

  /** The module that a specifier in `file` stands for. */
  importedBy(file: string, from: string): Module | undefined {
    return this.byFile.get(this.resolved.get(`${file}\0${from}`) ?? '');
  }

  /** Every module, the manifest's own first. */
  all(): Module[] {
    return [...this.byFile.values()];
  }

  /** What a module exports under a name, and where that stands. */
  exported(module: Module, name: string, hops = 0): { module: Module; node: TextNode } | undefined {
    const declared = module.text.declarations.get(name);
    if (declared) return { module, node: declared };
    if (hops > BUDGET.modules) return undefined;
    const imported = module.text.imports.get(name);
    if (imported && imported.name !== '*') {
      const target = this.importedBy(module.file, imported.from);
      return target && this.exported(target, imported.name, hops + 1);
    }
    for (const from of module.text.reexports) {
      const target = this.importedBy(module.file, from);
      const found = target && this.exported(target, name, hops + 1);
      if (found) return found;
    }
    return undefined;
  }
}

/** The module that gives buildManifest what the package depends on. */
async function findIndex(
  manifest: Module,
  read: (path: string) => Promise<Module | undefined>,
): Promise<Module | undefined> {
  if (manifest.text.dependencies) return manifest;
  const { dirname, join } = pathsLike(manifest.file);
  for (const name of INDEX_FILES) {
    const file = join(dirname(manifest.file), name);
    const found = file === manifest.file ? undefined : await read(file);
    if (found?.text.dependencies) return found;
  }
  return undefined;
}

/** The name that an expression begins with: `dependencies`, or `all` of `all.dependencies`. */
function namesIn(node: TextNode | undefined): string[] {
  if (node?.kind === 'reference') return [node.name];
  if (node?.kind !== 'expression') return [];
  if (node.expression.operator === 'member') return namesIn(node.expression.object);
  return node.expression.operator === 'call' ? namesIn(node.expression.callee) : [];
}
