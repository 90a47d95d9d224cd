import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/**
 * Checks the one rule of the layout: imports between the rooms of extension/ only point downwards, and only the host
 * (and main.ts) knows VS Code.
 */

/** Which other rooms a room may import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  manifest: ['engine'],
  worker: ['engine', 'manifest'],
  lsp: ['engine', 'manifest'],
  cli: ['engine', 'manifest', 'lsp'],
  host: ['engine', 'manifest', 'worker'],
  'main.ts': ['host'],
  'web.ts': ['host'],
};
const MAY_IMPORT_VSCODE = ['host', 'main.ts', 'web.ts'];

/** Every import of `text` that breaks the rule, for the file at `path` (relative to extension/, with slashes). */
export function brokenImports(path: string, text: string): string[] {
  const room = path.split('/')[0] ?? '';
  const allowed = ALLOWED[room];
  if (!allowed) return [`${path}: "${room}" is not a room; see ARCHITECTURE.md`];
  const specifiers = [...text.matchAll(/(?:from|import|require\(|import\()\s*['"]([^'"]+)['"]/g)].map(
    (match) => match[1] ?? '',
  );
  return specifiers.flatMap((specifier) => {
    if (specifier === 'vscode') return MAY_IMPORT_VSCODE.includes(room) ? [] : [`${path}: imports vscode`];
    if (!specifier.startsWith('.')) return [];
    // Schemas are data that the manifest room reads.
    if (room === 'manifest' && /^(?:\.\.\/)+schemas\/[^/]+\.json$/.test(specifier)) return [];
    const target = join(dirname(path), specifier).split(sep)[0] ?? '';
    return target === room || allowed.includes(target)
      ? []
      : [`${path}: imports ${specifier}, but ${room} may not import ${target}`];
  });
}

if (import.meta.main) {
  const files = await readdir('extension', { recursive: true, withFileTypes: true });
  const broken: string[] = [];
  for (const file of files) {
    if (!file.isFile() || !file.name.endsWith('.ts')) continue;
    const path = join(file.parentPath, file.name);
    broken.push(...brokenImports(relative('extension', path).split(sep).join('/'), await readFile(path, 'utf8')));
  }
  for (const line of broken) console.error(line);
  process.exitCode = broken.length > 0 ? 1 : 0;
}
