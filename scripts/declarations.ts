import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

/**
 * Writes the declarations that the users of a module need: its own, and those of the modules that they name. Each stands for the
 * JavaScript of the same name to a compiler, though all of that is in one bundle.
 * @throws if a declaration names a package, which its users would need to have
 */
export async function writeDeclarations(entry: string, target: string): Promise<void> {
  const texts = declarationsOf(entry);
  const written = new Set<string>();
  const waiting = [relative('extension', entry).replaceAll('\\', '/').replace(/\.ts$/, '.d.ts')];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (written.has(path)) continue;
    written.add(path);
    const text = texts.get(path);
    if (text === undefined) throw new Error(`there is no declaration ${path}`);
    for (const specifier of specifiersIn(text)) {
      if (!specifier.startsWith('.')) throw new Error(`${path} names ${specifier}, which those who use it lack`);
      waiting.push(join(dirname(path), specifier).replaceAll('\\', '/').replace(/\.ts$/, '.d.ts'));
    }
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), text.replaceAll(/(['"])(\.[^'"]*)\.ts\1/g, '$1$2.js$1'));
  }
}

const specifiersIn = (text: string) =>
  [...text.matchAll(/\b(?:from|import\()\s*['"]([^'"]+)['"]/g)].map(([, name]) => name ?? '');

/** The declarations of everything that a module imports, by path relative to extension/. */
function declarationsOf(entry: string): ReadonlyMap<string, string> {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  const texts = new Map<string, string>();
  const program = ts.createProgram([entry], {
    ...options,
    noEmit: false,
    // `npm run check` checks types.
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: 'extension',
    outDir: 'types',
    removeComments: false,
  });
  const { emitSkipped, diagnostics } = program.emit(undefined, (path, text) => {
    texts.set(relative('types', path).replaceAll('\\', '/'), text);
  });
  if (emitSkipped || diagnostics.length > 0)
    throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  return texts;
}
