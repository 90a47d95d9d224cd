import { finding } from '../finding.ts';
import { pointer } from '../json/json-pointer.ts';
import { isObject, type JsonObject, type JsonValue } from '../package/json.ts';
import type { ConversionNotes } from './conversion-notes.ts';
import { newIdOf } from './legacy-names.ts';
import { objectAt } from './new-terms.ts';

/** Parts of a manifest that the compatibility layer reads, and as the subject of a sentence. */
const READ_BY_LAYER: readonly (readonly [key: string, what: string])[] = [
  ['main', 'how the service is started is'],
  ['health-checks', 'its health checks are'],
  ['config', 'how it is configured is'],
  ['properties', 'its properties are'],
  ['interfaces', 'its interfaces are'],
  ['backup', 'how it is backed up is'],
  ['migrations', 'its migrations are'],
  ['actions', 'its actions are'],
];

const IN_OLD_MANIFEST = 'in embassyManifest.json, from which the compatibility layer of StartOS 0.4 runs the package';

/** What nobody reads any more, and why. */
const NOBODY_READS: Readonly<Record<string, string>> = {
  'support-site': 'manifests of StartOS 0.4 have no place for it',
  alerts: 'StartOS 0.4 shows none',
  build: 'it is about the wrapper',
  containers: 'no StartOS ever read it',
  replaces: 'the marketplace shows none',
  assets: 'it says where the files of the wrapper were',
};

/** Keys whose values are in the new manifest. */
const TAKEN_OVER: readonly string[] = [
  ...['id', 'version', 'title', 'description', 'release-notes', 'git-hash', 'license', 'wrapper-repo', 'upstream-repo'],
  ...['marketing-site', 'donation-url', 'eos-version', 'volumes', 'dependencies', 'hardware-requirements'],
];

/** Notes every value of a manifest that the new one does not have, and who reads it instead. */
export function noteWhatIsGone(old: JsonObject, notes: ConversionNotes): void {
  const layer = new Map(READ_BY_LAYER);
  for (const [key, value] of old) {
    if (TAKEN_OVER.includes(key) || isEmpty(value)) continue;
    const what = layer.get(key);
    if (what !== undefined) notes.legacy(pointer('', key), value, `${what} ${IN_OLD_MANIFEST}`);
    else noteLost(pointer('', key), value, NOBODY_READS[key] ?? 'no StartOS knows it', notes);
  }
  for (const [id, volume] of objectAt(old, 'volumes')) {
    const type = isObject(volume) ? volume.get('type') : undefined;
    if (type === 'data') continue;
    const what = typeof type === 'string' ? `the volume of type ${type}` : 'the volume';
    notes.legacy(`/volumes${pointer('', id)}`, volume, `${what} is ${IN_OLD_MANIFEST}`);
  }
  for (const [id, value] of objectAt(old, 'dependencies'))
    if (isObject(value)) noteDependency(id, value, `/dependencies${pointer('', id)}`, notes);
}

/** Each value of a record on its own. */
function noteLost(path: string, value: JsonValue, why: string, notes: ConversionNotes): void {
  if (!isObject(value)) notes.lost(path, value, why);
  else for (const [key, item] of value) if (!isEmpty(item)) noteLost(pointer(path, key), item, why, notes);
}

function noteDependency(id: string, value: JsonObject, path: string, notes: ConversionNotes): void {
  const requirement = objectAt(value, 'requirement');
  if (requirement.get('type') !== 'required')
    notes.changed(
      `${path}/requirement`,
      requirement,
      new Map([['optional', true]]),
      'how it is chosen is not said any more',
    );
  for (const key of ['version', 'config']) {
    const item = value.get(key);
    if (item === undefined || isEmpty(item)) continue;
    const what = key === 'version' ? 'which versions will do' : 'how it is configured for this package';
    notes.legacy(`${path}/${key}`, item, `${what} is ${IN_OLD_MANIFEST}`);
  }
  const renamed = newIdOf(id);
  if (renamed === id) return;
  const message = `${id} is called ${renamed} once it is converted, so that nothing on a server of StartOS 0.4 is what this package depends on`;
  notes.findings.push(finding('convert-dependency', message, { path }));
}

/** Null, and lists and records in which there is nothing. */
function isEmpty(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) ? [...value.values()].every(isEmpty) : value === null;
}
