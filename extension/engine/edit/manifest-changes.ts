import { FindingError, finding } from '../finding.ts';
import { pointerSegments } from '../json/json-pointer.ts';
import { isObject, type JsonValue } from '../package/json.ts';

/** One value of a manifest that is to be set, or removed where there is none. */
export interface ManifestChange {
  /** JSON pointer (RFC 6901): `/description/short/en_US`; `/-` at the end of a list's pointer appends. */
  readonly path: string;
  readonly value?: JsonValue;
}

/**
 * Applies changes, each to what the ones before it left; objects on the way are made.
 * @throws FindingError `edit-pointer` if a pointer leads through something that holds nothing.
 */
export function changeManifest(manifest: JsonValue, changes: readonly ManifestChange[]): JsonValue {
  let result = manifest;
  for (const change of changes) {
    if (!change.path.startsWith('/')) throw refuse(change, 'a JSON pointer starts with a slash');
    result = changed(result, pointerSegments(change.path), change);
  }
  return result;
}

function changed(current: JsonValue | undefined, [key, ...rest]: readonly string[], change: ManifestChange): JsonValue {
  if (key === undefined) return change.value ?? null;
  if (Array.isArray(current)) {
    const index = key === '-' ? current.length : Number(key);
    if (!/^(?:-|0|[1-9][0-9]*)$/.test(key) || index > current.length)
      throw refuse(change, `"${key}" is no index there`);
    const isRemoved = rest.length === 0 && change.value === undefined;
    if (isRemoved) return current.filter((_, at) => at !== index);
    return [...current.slice(0, index), changed(current[index], rest, change), ...current.slice(index + 1)];
  }
  if (current !== undefined && current !== null && !isObject(current)) {
    throw refuse(change, `there is a ${typeof current} on the way to "${key}"`);
  }
  const copy = new Map(current ?? []);
  if (rest.length === 0 && change.value === undefined) copy.delete(key);
  else copy.set(key, changed(copy.get(key), rest, change));
  return copy;
}

function refuse({ path }: ManifestChange, why: string): FindingError {
  return new FindingError([finding('edit-pointer', `${path} cannot be changed: ${why}`, { path })]);
}
