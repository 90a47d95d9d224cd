import { isObject, type JsonObject, type JsonValue } from '../package/json.ts';
import { printExtendedVersion, VersionError } from '../versions/exver.ts';
import { inNewForm } from './legacy-names.ts';

/**
 * A manifest of 0.3 under the keys of 0.4, its values as they are (s9pk-v1 section 8). What 0.4 has no key for is not in it.
 * Nothing is checked.
 */
export function inNewTerms(old: JsonObject): JsonObject {
  const main = objectAt(old, 'main');
  const entries: [string, JsonValue | undefined][] = [
    ['id', old.get('id')],
    ['version', versionInNewForm(old.get('version'))],
    ['title', old.get('title')],
    ['description', old.get('description')],
    ['releaseNotes', old.get('release-notes')],
    ['gitHash', trimmed(old.get('git-hash') ?? null)],
    ['license', old.get('license')],
    ['packageRepo', old.get('wrapper-repo')],
    ['upstreamRepo', old.get('upstream-repo')],
    ['marketingUrl', old.get('marketing-site') ?? null],
    ['donationUrl', old.get('donation-url') ?? null],
    ['osVersion', old.get('eos-version')],
    ['hardwareAcceleration', main.get('type') === 'docker' && main.get('gpu-acceleration') === true],
    // No package for 0.3 has any of these.
    ...(['userspaceFilesystems', 'virtualNetworking', 'hardwareVirtualization'] as const).map(
      (key): [string, JsonValue] => [key, false],
    ),
    ['plugins', []],
    ['satisfies', []],
    ['volumes', dataVolumes(old)],
    ['dependencies', mapValues(objectAt(old, 'dependencies'), dependency)],
    ['hardwareRequirements', hardware(objectAt(old, 'hardware-requirements'))],
  ];
  return new Map(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

/** What is no version stays as it is. */
function versionInNewForm(version: JsonValue | undefined): JsonValue | undefined {
  if (typeof version !== 'string') return version;
  try {
    return printExtendedVersion(inNewForm(version));
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    return version;
  }
}

/** Packers write a line end behind the commit. */
function trimmed(value: JsonValue): JsonValue {
  return typeof value === 'string' ? value.trimEnd() : value;
}

/** Ids of the volumes that hold a service's data. */
export function dataVolumes(old: JsonObject): string[] {
  const volumes = [...objectAt(old, 'volumes')];
  return volumes.flatMap(([id, volume]) => (isObject(volume) && volume.get('type') === 'data' ? [id] : []));
}

function dependency(value: JsonValue): JsonValue {
  if (!isObject(value)) return value;
  return new Map<string, JsonValue>([
    ['description', value.get('description') ?? null],
    ['optional', objectAt(value, 'requirement').get('type') !== 'required'],
  ]);
}

function hardware(needs: JsonObject): JsonObject {
  const arch = needs.get('arch') ?? null;
  const device = [...objectAt(needs, 'device')].map(
    ([name, product]) =>
      new Map<string, JsonValue>([
        ['description', `a ${name} device matching the expression ${String(product)}`],
        ['class', name],
        ['product', product],
        ['vendor', null],
        ['capabilities', null],
        ['driver', null],
      ]),
  );
  return new Map<string, JsonValue>([
    ['device', device],
    ['ram', needs.get('ram') ?? null],
    ['arch', Array.isArray(arch) ? [...new Set(arch)].sort() : arch],
  ]);
}

/** A record in a record; an empty one where there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object.get(key);
  return isObject(value) ? value : new Map();
}

function mapValues(object: JsonObject, convert: (value: JsonValue) => JsonValue): JsonObject {
  return new Map([...object].map(([key, value]) => [key, convert(value)]));
}
