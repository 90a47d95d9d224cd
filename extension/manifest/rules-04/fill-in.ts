import { isObject, type JsonObject, type JsonValue } from '../../engine/package/json.ts';
import type { ARCHITECTURES } from '../../engine/package/parse-images.ts';
import { sdkDoes } from '../../engine/upstream/lookup.ts';
import { printVersion } from '../../engine/versions/exver.ts';
import { child, type DataNode } from '../meaning/data-tree.ts';
import { toJson } from '../meaning/plain-value.ts';
import type { Sdk } from './sdk.ts';

/** Devices that a manifest asks for, or says nothing of. */
const FLAGS = ['hardwareAcceleration', 'userspaceFilesystems', 'virtualNetworking', 'hardwareVirtualization'];
/** The architectures that the SDK takes for an image that names none, in its order. */
const SDK_ARCHITECTURES = ['aarch64', 'x86_64', 'riscv64'] as const satisfies readonly (typeof ARCHITECTURES)[number][];

/**
 * The manifest that the SDK makes of what a TypeScript wrapper gives it (s9pk-v2 section 5.8). Where the version is not
 * known, something that no rule finds fault with stands for it.
 */
export function fillIn(manifest: DataNode, version: DataNode | undefined, sdk: Sdk | undefined): JsonValue {
  const value = toJson(manifest);
  if (!isObject(value)) return value;
  const filled: JsonObject = new Map(value);
  const images = filled.get('images');
  if (isObject(images)) filled.set('images', new Map([...images].map(([id, image]) => [id, fillInImage(image, sdk)])));
  const own = (key: string, fallback: JsonValue): JsonValue => {
    const node = child(version, key);
    return node && node.kind !== 'unknown' ? toJson(node) : fallback;
  };
  filled.set('version', own('version', '0:0'));
  filled.set('releaseNotes', own('releaseNotes', ''));
  filled.set('satisfies', own('satisfies', []));
  filled.set('canMigrateTo', '!');
  filled.set('canMigrateFrom', '*');
  if (sdk) filled.set('sdkVersion', printVersion(sdk.version));
  for (const key of FLAGS) {
    if (filled.has(key)) filled.set(key, filled.get(key) ?? false);
  }
  if (filled.has('plugins')) filled.set('plugins', filled.get('plugins') ?? []);
  const hardware = filled.get('hardwareRequirements') ?? new Map();
  if (isObject(hardware)) {
    const arch = requiredArchitectures(filled.get('images'));
    const own = new Map([...hardware].filter(([key]) => key !== 'arch'));
    const device = hardware.get('device') ?? [];
    filled.set(
      'hardwareRequirements',
      new Map([...own, ['device', device], ['ram', hardware.get('ram') || null], ['arch', arch]]),
    );
  }
  return filled;
}

/** The architectures that all images have which are not emulated elsewhere; null if every image is. */
function requiredArchitectures(images: JsonValue | undefined): JsonValue {
  if (!isObject(images)) return null;
  const lists = [...images.values()].flatMap((image) => {
    const arch = isObject(image) && !image.get('emulateMissing') ? image.get('arch') : undefined;
    return Array.isArray(arch) ? [arch] : [];
  });
  const [first, ...others] = lists;
  return first ? first.filter((name) => others.every((list) => list.includes(name))) : null;
}

function fillInImage(image: JsonValue, sdk: Sdk | undefined): JsonValue {
  if (!isObject(image)) return image;
  const filled: JsonObject = new Map(image);
  const arch = filled.get('arch') ?? [...SDK_ARCHITECTURES];
  filled.set('arch', arch);
  // Where the SDK is not known, the key that is there tells its time.
  const isOlder = sdk ? !sdkDoes(sdk.version, 'emulateMissing') : filled.has('emulateMissingAs');
  if (!isOlder) filled.set('emulateMissing', filled.get('emulateMissing') ?? true);
  else {
    if (!filled.has('emulateMissingAs') && Array.isArray(arch)) {
      filled.set('emulateMissingAs', arch.includes('x86_64') ? 'x86_64' : (arch[0] ?? null));
    }
    filled.set('emulateMissing', Boolean(filled.get('emulateMissingAs')));
  }
  filled.set('nvidiaContainer', filled.get('nvidiaContainer') ?? false);
  return filled;
}
