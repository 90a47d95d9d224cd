import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/**
 * Checks the rules of the layout of extension/: imports between rooms only point downwards, only the host (and main.ts)
 * knows VS Code, no files import each other in a circle, and no room is a hall.
 */

/** Which other rooms a room may import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  manifest: ['engine'],
  worker: ['engine', 'manifest'],
  library: ['engine', 'manifest'],
  lsp: ['engine', 'manifest'],
  cli: ['engine', 'manifest', 'library', 'lsp'],
  host: ['engine', 'manifest', 'worker'],
  'main.ts': ['host'],
  'web.ts': ['host'],
};
const MAY_IMPORT_VSCODE = ['host', 'main.ts', 'web.ts'];

/** The rooms of a room, from the lowest up: each may import those before it, and the landing that they all open on. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  host: ['engine', 'manifest', 'packages', 'wrapper'],
  manifest: ['text', 'meaning', 'schema', 'edits', 'rules-04', 'rules-03', 'language', 'migrate', 'wrapper'],
  worker: ['packages', 'look'],
  cli: ['packages', 'wrapper', 'shell'],
};

/** Files that lie in one folder itself. */
const MOST_FILES = 15;

/** Every import of `text` that breaks the rules, for the file at `path` (relative to extension/, with slashes). */
export function brokenImports(path: string, text: string): string[] {
  const [room = '', inner = ''] = path.split('/');
  const allowed = ALLOWED[room];
  if (!allowed) return [`${path}: "${room}" is not a room; see ARCHITECTURE.md`];
  const floors = FLOORS[room] ?? [];
  return specifiersOf(text).flatMap((specifier) => {
    if (specifier === 'vscode') return MAY_IMPORT_VSCODE.includes(room) ? [] : [`${path}: imports vscode`];
    if (!specifier.startsWith('.')) return [];
    // Schemas are data that the manifest room reads.
    if (room === 'manifest' && /^(?:\.\.\/)+schemas\/[^/]+\.json$/.test(specifier)) return [];
    const [target = '', targetInner = ''] = join(dirname(path), specifier).split(sep);
    if (target !== room)
      return allowed.includes(target) ? [] : [`${path}: imports ${specifier}, but ${room} may not import ${target}`];
    const isUp = floors.includes(inner) && floors.indexOf(targetInner) > floors.indexOf(inner);
    return isUp ? [`${path}: imports ${specifier}, but ${room}/${inner} lies below ${room}/${targetInner}`] : [];
  });
}

/** Files that import each other in a circle, types included; `files` are texts by path. */
export function circles(files: ReadonlyMap<string, string>): string[][] {
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  // Tarjan: what can be reached from each other is a circle.
  const visit = (path: string): number => {
    const own = order.size;
    order.set(path, own);
    lowest.set(path, own);
    open.push(path);
    for (const specifier of specifiersOf(files.get(path) ?? '')) {
      const target = join(dirname(path), specifier).split(sep).join('/');
      if (!specifier.startsWith('.') || !files.has(target)) continue;
      const known = order.get(target);
      const low = known === undefined ? visit(target) : open.includes(target) ? known : own;
      lowest.set(path, Math.min(lowest.get(path) ?? own, low));
    }
    const low = lowest.get(path) ?? own;
    if (low === own) {
      const circle = open.splice(open.indexOf(path));
      if (circle.length > 1) found.push(circle);
    }
    return low;
  };
  for (const path of files.keys()) if (!order.has(path)) visit(path);
  return found;
}

/** Folders with more files of their own than a newcomer takes in at once. */
export function halls(paths: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts].flatMap(([folder, count]) =>
    count > MOST_FILES ? [`${folder}: ${count} files; ${MOST_FILES} are a room, more need rooms of their own`] : [],
  );
}

function specifiersOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import|require\(|import\()\s*['"]([^'"]+)['"]/g)].map((match) => match[1] ?? '');
}

if (import.meta.main) {
  const entries = await readdir('extension', { recursive: true, withFileTypes: true });
  const files = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative('extension', path).split(sep).join('/'), await readFile(path, 'utf8'));
  }
  const broken = [
    ...[...files].flatMap(([path, text]) => brokenImports(path, text)),
    ...circles(files).map((circle) => `files import each other in a circle: ${circle.join(', ')}`),
    ...halls(files.keys()),
  ];
  for (const line of broken) console.error(line);
  process.exitCode = broken.length > 0 ? 1 : 0;
}
