import { child, type DataNode } from '../meaning/data-tree.ts';

/** What a 0.3 manifest says at a place, read as leniently as its own tools do: what is of another type is not there. */

export function at(node: DataNode | undefined, ...keys: readonly string[]): DataNode | undefined {
  return keys.reduce<DataNode | undefined>((inner, key) => child(inner, key), node);
}

export function textAt(node: DataNode | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(node, ...keys);
  return found?.kind === 'value' && typeof found.value === 'string' ? found.value : undefined;
}

export function numberAt(node: DataNode | undefined, ...keys: readonly string[]): number | undefined {
  const found = at(node, ...keys);
  return found?.kind === 'value' && typeof found.value === 'number' ? found.value : undefined;
}

export function isTrueAt(node: DataNode | undefined, ...keys: readonly string[]): boolean {
  const found = at(node, ...keys);
  return found?.kind === 'value' && found.value === true;
}

/** The entries of an object, in their order; of equal keys the last counts. */
export function entriesAt(node: DataNode | undefined, ...keys: readonly string[]): [string, DataNode][] {
  const found = at(node, ...keys);
  if (found?.kind !== 'object') return [];
  return [...new Map(found.properties.map(({ key, value }) => [key, value]))];
}

/** The items of a list, as texts: YAML's plain numbers and words are texts to what is started with them. */
export function textsAt(node: DataNode | undefined, ...keys: readonly string[]): string[] {
  const found = at(node, ...keys);
  if (found?.kind !== 'array') return [];
  return found.items.flatMap((item) => (item.kind === 'value' && item.value !== null ? [String(item.value)] : []));
}
