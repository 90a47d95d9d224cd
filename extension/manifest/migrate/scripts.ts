import { posix } from 'node:path';
import type { Draft } from './draft.ts';
import { tidyPath } from './names.ts';
import { textAt } from './read.ts';

/** Sources of the scripts of 0.3, by path: TypeScript where there is some, else the bundle. */
export function scriptTexts(draft: Draft): [path: string, text: string][] {
  const folder = tidyPath(textAt(draft.manifest, 'assets', 'scripts') ?? 'scripts');
  const bundle = posix.join(folder, 'embassy.js');
  const inside = [...draft.facts.texts].filter(([path]) => path.startsWith(`${folder}/`) && /\.[jt]s$/.test(path));
  const sources = inside.filter(([path]) => path !== bundle && !path.endsWith('/bundle.ts'));
  return sources.length > 0 ? sources : inside;
}

/** Paths of the scripts in which something stands, at most four. */
export function sourcesOf(draft: Draft, pattern: RegExp): string[] {
  const inner = scriptTexts(draft).filter(([path]) => !/(?:^|\/)(?:embassy|deps)\.ts$/.test(path));
  return inner.flatMap(([path, text]) => (pattern.test(text) ? [path] : [])).slice(0, 4);
}

/** Where to look for what a script did, as the end of a sentence. */
export function seeSources(draft: Draft, pattern: RegExp): string {
  const sources = sourcesOf(draft, pattern);
  return sources.length > 0 ? ` (see ${sources.join(', ')})` : '';
}
