import { pointerSegments } from '../json/json-pointer.ts';
import { compareVersions, parseVersion, type Version } from '../versions/exver.ts';
import { FIELDS, type Field, type ManifestObject, NEWEST, type Period, SDK_CHANGES } from './table.ts';

/** Questions to the table of what belongs to which version (`table.ts`). */

const BY_OBJECT: ReadonlyMap<ManifestObject, readonly Field[]> = Map.groupBy(FIELDS, ({ of }) => of);

/** Whether something of that period is in a version; a version that is not known is the newest. */
export function isWithin({ since, until }: Period, version: Version | undefined): boolean {
  if (!version) return until === undefined;
  if (since !== undefined && compareVersions(version, parseVersion(since)) < 0) return false;
  return until === undefined || compareVersions(version, parseVersion(until)) < 0;
}

export function fieldsOf(object: ManifestObject): readonly Field[] {
  return BY_OBJECT.get(object) ?? [];
}

export function fieldOf(object: ManifestObject, key: string): Field | undefined {
  return fieldsOf(object).find((field) => field.key === key);
}

/** The key whose place another one took, and nothing more. */
export function formerNameOf(object: ManifestObject, key: string): string | undefined {
  return fieldsOf(object).find(({ renamedTo }) => renamedTo === key)?.key;
}

/** The keys of an object that today's packer reads. */
export function readKeys(object: ManifestObject): string[] {
  return fieldsOf(object).flatMap(({ key, os }) => (os?.until === undefined ? [key] : []));
}

/** Whether a version of the SDK (unknown: the newest) has a key; keys that no row speaks of are those of other objects. */
export function sdkHas(sdk: Version | undefined, object: ManifestObject, key: string): boolean {
  const field = fieldOf(object, key);
  return !field || isWithin(field.sdk ?? {}, sdk);
}

/** Whether some versions of the SDK have a key and others do not. */
export function isChanging(object: ManifestObject, key: string): boolean {
  return fieldOf(object, key)?.sdk !== undefined;
}

/** The keys of the manifest that the type of that SDK requires and those of others do not have. */
export function requiredBySdk(sdk: Version | undefined): string[] {
  return fieldsOf('').flatMap((field) => (field.isRequired && isWithin(field.sdk ?? {}, sdk) ? [field.key] : []));
}

/** Whether an SDK does things in a way that came later, or no more. */
export function sdkDoes(sdk: Version | undefined, change: keyof typeof SDK_CHANGES): boolean {
  return isWithin(SDK_CHANGES[change], sdk);
}

/** The first version of the SDK that the rows describe. */
const FIRST_SDK = FIELDS.flatMap(({ sdk }) => (sdk?.since === undefined ? [] : [parseVersion(sdk.since)])).reduce(
  (a, b) => (compareVersions(a, b) <= 0 ? a : b),
);

/** Whether the rows say what an SDK knows. */
export function isDescribed(sdk: Version | undefined): boolean {
  if (!sdk) return true;
  const [stage] = sdk.prerelease;
  // There were experiments (0.4.0-rev0...) whose names sort after the betas that came later.
  if (typeof stage === 'string' && !['alpha', 'beta', 'rc'].includes(stage)) return false;
  return compareVersions(FIRST_SDK, sdk) <= 0;
}

/** Whether an SDK is newer than any that the rows speak of, so that it may say what they do not know. */
export function isNewerSdk(sdk: Version): boolean {
  return compareVersions(sdk, parseVersion(NEWEST.sdk)) > 0;
}

/** Since when there is a key, in words: `since start-sdk 3.0.0`; undefined for those that there always were. */
export function sinceInWords({ sdk, os }: Field): string | undefined {
  const parts = [
    ...(os?.since === undefined ? [] : [`StartOS ${os.since}`]),
    ...(sdk?.since === undefined ? [] : [`start-sdk ${sdk.since}`]),
  ];
  return parts.length > 0 ? `since ${parts.join(', ')}` : undefined;
}

/** Where an object of the manifest stands, as patterns of its JSON pointer; `*` is any one key. */
const PLACES: readonly (readonly [pattern: string, object: ManifestObject])[] = [
  ['', ''],
  ['description', 'description'],
  ['preDownloadAlert', 'preDownloadAlert'],
  ['preDownloadAlert/when', 'alertCondition'],
  ['images/*', 'image'],
  ['images/*/source', 'source'],
  ['images/*/source/dockerBuild', 'dockerBuild'],
  ['dependencies/*', 'dependency'],
  ['dependencies/*/metadata', 'metadata'],
  ['hardwareRequirements', 'hardwareRequirements'],
  ['hardwareRequirements/device/*', 'device'],
];

/** What object of the manifest a JSON pointer leads to; undefined for maps, lists and plain values. */
export function objectAt(path: string): ManifestObject | undefined {
  const segments = pointerSegments(path);
  return PLACES.find(([pattern]) => {
    const wanted = pattern === '' ? [] : pattern.split('/');
    return wanted.length === segments.length && wanted.every((part, index) => part === '*' || part === segments[index]);
  })?.[1];
}

/** Whether `key` is a field of the object that `path` leads to, and not a key of a map or one that nobody reads. */
export function isField(path: string, key: string): boolean {
  const object = objectAt(path);
  return object !== undefined && readKeys(object).includes(key);
}
