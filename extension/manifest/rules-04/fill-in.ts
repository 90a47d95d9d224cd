import { isObject, type JsonObject, type JsonValue } from '../../engine/package/json.ts';
import type { ARCHITECTURES } from '../../engine/package/parse-images.ts';
import { child, type DataNode } from '../data-tree.ts';
import { toJson } from '../plain-value.ts';

/** The architectures that the SDK takes for an image that names none, in its order. */
const SDK_ARCHITECTURES = ['aarch64', 'x86_64', 'riscv64'] as const satisfies readonly (typeof ARCHITECTURES)[number][];

/**
 * The manifest that the SDK makes of what a TypeScript wrapper gives it (s9pk-v2 section 5.8). Where the version is not
 * known, something that no rule finds fault with stands for it.
 */
export function fillIn(manifest: DataNode, version: DataNode | undefined): JsonValue {
  const value = toJson(manifest);
  if (!isObject(value)) return value;
  const filled: JsonObject = new Map(value);
  const images = filled.get('images');
  if (isObject(images)) filled.set('images', new Map([...images].map(([id, image]) => [id, fillInImage(image)])));
  const own = (key: string, fallback: JsonValue): JsonValue => {
    const node = child(version, key);
    return node && node.kind !== 'unknown' ? toJson(node) : fallback;
  };
  filled.set('version', own('version', '0:0'));
  filled.set('releaseNotes', own('releaseNotes', ''));
  filled.set('satisfies', own('satisfies', []));
  filled.set('canMigrateTo', '!');
  filled.set('canMigrateFrom', '*');
  const hardware = filled.get('hardwareRequirements');
  if (isObject(hardware) && hardware.get('ram') === 0)
    filled.set('hardwareRequirements', new Map([...hardware, ['ram', null]]));
  return filled;
}

function fillInImage(image: JsonValue): JsonValue {
  if (!isObject(image)) return image;
  const filled: JsonObject = new Map(image);
  const arch = filled.get('arch') ?? [...SDK_ARCHITECTURES];
  filled.set('arch', arch);
  if (!filled.has('emulateMissingAs') && Array.isArray(arch)) {
    filled.set('emulateMissingAs', arch.includes('x86_64') ? 'x86_64' : (arch[0] ?? null));
  }
  filled.set('nvidiaContainer', filled.get('nvidiaContainer') ?? false);
  return filled;
}
