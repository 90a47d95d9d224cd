import { globSync } from 'node:fs';

/**
 * The sources that a target covers, sorted, as paths from the root of the repository.
 * @throws if one of them is not there: its coverage would be missed by nobody
 */
export function coveredFiles(globs: readonly string[]): string[] {
  const files = globs.flatMap(alternatives).flatMap((glob) => {
    const found = globSync(glob);
    if (found.length === 0) throw new Error(`there is no source ${glob} to cover`);
    return found;
  });
  return [...new Set(files)].sort();
}

/** A glob for each of the names that one has in braces, so that each of them is looked for. */
function alternatives(glob: string): string[] {
  const braces = /\{([^{}]*)\}/.exec(glob);
  if (!braces) return [glob];
  const [whole, names = ''] = braces;
  return names.split(',').flatMap((name) => alternatives(glob.replace(whole, name)));
}
