import { type Finding, finding } from '../../engine/finding.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import type { ManifestReading } from '../lint-manifest.ts';
import type { DataNode } from '../meaning/data-tree.ts';

/** Names that a message lists. */
const SHOWN = 4;

/** The parts of a manifest that only running the code could tell, outermost first; '' is all of it. */
export function unseenIn({ worlds }: ManifestReading): string[] {
  const found = new Set<string>();
  const visit = (node: DataNode, path: string): void => {
    if (node.kind === 'unknown') found.add(path);
    else if (node.kind === 'object') {
      if (node.isOpen) found.add(path);
      for (const { key, value } of node.properties) visit(value, pointer(path, key));
    } else if (node.kind === 'array') {
      if (node.isOpen) found.add(path);
      for (const [index, item] of node.items.entries()) visit(item, pointer(path, index));
    }
  };
  for (const { manifest } of worlds) visit(manifest, '');
  return [...found];
}

/** One finding for all that was not seen, so that "no problems" is said only of what was read. */
export function checkUnseen(paths: readonly string[]): Finding[] {
  const [first] = paths;
  if (first === undefined) return [];
  const shown = paths.slice(0, SHOWN).map((path) => path.slice(1).replaceAll('/', '.') || 'parts of the manifest');
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  const message = `${shown.join(', ')}${more} could not be read without running the code: checked when packing`;
  return [finding('manifest-unseen', message, { path: first })];
}
