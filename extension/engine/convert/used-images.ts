import { pointer } from '../json/json-pointer.ts';
import { isObject, type JsonObject, type JsonValue } from '../package/json.ts';

/** An image that procedures of a manifest run. */
export interface UsedImage {
  /** One that StartOS 0.3 brought itself: `compat` or `utils`. */
  readonly isSystem: boolean;
  /** Pointers of the procedures that run it, in the order of the manifest's keys here. */
  readonly procedures: readonly string[];
}

/**
 * Images by their ids, sorted, with who runs them. The reference takes those of main, config, properties, backup, migrations and
 * actions (s9pk-v1 section 8); here those of health checks and of dependencies count too, which fail without theirs.
 */
export function usedImages(manifest: JsonObject): ReadonlyMap<string, UsedImage> {
  const used = new Map<string, { isSystem: boolean; procedures: string[] }>();
  for (const [path, procedure] of proceduresIn(manifest)) {
    const image = procedure.get('image');
    if (procedure.get('type') !== 'docker' || typeof image !== 'string') continue;
    const isSystem = procedure.get('system') === true;
    const known = used.get(image);
    if (known) known.procedures.push(path);
    else used.set(image, { isSystem, procedures: [path] });
  }
  return new Map([...used].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Every procedure with its pointer (s9pk-v1 section 3.5 says where they stand). */
function* proceduresIn(manifest: JsonObject): Generator<[path: string, procedure: JsonObject]> {
  yield* at(manifest, 'main');
  yield* at(manifest, 'config', 'get');
  yield* at(manifest, 'config', 'set');
  yield* at(manifest, 'properties');
  yield* at(manifest, 'backup', 'create');
  yield* at(manifest, 'backup', 'restore');
  yield* at(manifest, 'migrations', 'from', EACH);
  yield* at(manifest, 'migrations', 'to', EACH);
  yield* at(manifest, 'actions', EACH, 'implementation');
  yield* at(manifest, 'health-checks', EACH);
  yield* at(manifest, 'dependencies', EACH, 'config', 'check');
  yield* at(manifest, 'dependencies', EACH, 'config', 'auto-configure');
}

/** Stands for every key. */
const EACH = null;

function* at(
  value: JsonValue | undefined,
  ...keys: readonly (string | null)[]
): Generator<[path: string, found: JsonObject]> {
  yield* follow(value, '', keys);
}

function* follow(
  value: JsonValue | undefined,
  path: string,
  [key, ...rest]: readonly (string | null)[],
): Generator<[path: string, found: JsonObject]> {
  if (!isObject(value)) return;
  if (key === undefined) yield [path, value];
  else
    for (const name of key === EACH ? value.keys() : [key]) yield* follow(value.get(name), pointer(path, name), rest);
}
