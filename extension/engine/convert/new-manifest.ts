import { FindingError, finding } from '../finding.ts';
import type { JsonObject, JsonValue } from '../package/json.ts';
import { DESCRIPTION_LIMITS } from '../upstream/table.ts';
import { printExtendedVersion, VersionError } from '../versions/exver.ts';
import type { ConversionNotes } from './conversion-notes.ts';
import { byteLength, cutText } from './cut-text.ts';
import { newIdOf, newTitleOf, newVersionOf } from './legacy-names.ts';
import { dataVolumes, inNewTerms, objectAt } from './new-terms.ts';
import { noteWhatIsGone } from './what-is-gone.ts';

/** What the tools of 0.3 write for a manifest that does not say it, and what packages before them meant. */
const LAST_03 = '0.3.5.1';

/** What upstream's own parser of old versions takes; its Rust reads less, and more. */
const READ_BY_LAYER = /^\d+(?:\.\d+){2,3}$/;

/** The volume in which the compatibility layer keeps what StartOS 0.3 kept itself. */
const LEGACY_VOLUME = 'embassy';

/**
 * The manifest of the converted package: what servers make of it when they convert by themselves, and complete where theirs would be
 * refused (descriptions that are too long). Every value that is another one, or is gone, is noted.
 * @param images the `images` of the new manifest
 * @throws FindingError `manifest-version` if the version is none
 */
export function newManifest(old: JsonObject, images: JsonObject, notes: ConversionNotes): JsonObject {
  const fresh = inNewTerms(old);
  const text = (key: string) => {
    const value = old.get(key);
    return typeof value === 'string' ? value : '';
  };
  const set = (key: string, from: string, value: JsonValue, why?: string) => {
    fresh.set(key, value);
    notes.changed(from, old.get(from.slice(1)), value, why);
  };
  const [id, title, version] = [text('id'), text('title'), text('version')];
  if (newIdOf(id) !== id) set('id', '/id', newIdOf(id), 'StartOS 0.4 knows the package under that id');
  set('version', '/version', convertedVersion({ id, title, version }), 'the fourth number is that of the wrapper now');
  if (!READ_BY_LAYER.test(version)) {
    const message = `the compatibility layer of StartOS 0.4 reads versions of three or four numbers only, and will not start the package with "${version}"`;
    notes.findings.push(finding('convert-version', message, { path: '/version' }));
  }
  if (old.has('title')) set('title', '/title', newTitleOf(title));
  if (old.get('eos-version') == null) set('osVersion', '/eos-version', LAST_03, 'the manifest did not say it');
  if (old.get('marketing-site') == null && old.has('upstream-repo'))
    set('marketingUrl', '/marketing-site', old.get('upstream-repo') ?? null, 'StartOS 0.4 shows one in any case');
  if (text('git-hash') !== text('git-hash').trimEnd())
    notes.changed('/git-hash', text('git-hash'), text('git-hash').trimEnd());
  fresh.set('description', shortDescription(objectAt(old, 'description'), notes));
  fresh.set('volumes', [...dataVolumes(old), ...(dataVolumes(old).includes(LEGACY_VOLUME) ? [] : [LEGACY_VOLUME])]);
  notes.changed(
    '/volumes',
    dataVolumes(old),
    fresh.get('volumes') ?? null,
    'the compatibility layer keeps its own there',
  );
  fresh.set('canMigrateFrom', '*');
  fresh.set('canMigrateTo', '!');
  fresh.set('sdkVersion', null);
  fresh.set('images', images);
  noteWhatIsGone(old, notes);
  return fresh;
}

function convertedVersion(old: { id: string; title: string; version: string }): string {
  try {
    return printExtendedVersion(newVersionOf(old));
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    throw new FindingError([finding('manifest-version', error.message, { path: '/version' })]);
  }
}

/** Servers of 0.4 refuse texts that those of 0.3 took (160 and 5000 characters). */
function shortDescription(description: JsonObject, notes: ConversionNotes): JsonObject {
  const fresh = new Map(description);
  for (const key of ['short', 'long'] as const) {
    const text = description.get(key);
    const limit = DESCRIPTION_LIMITS[key].bytes;
    if (typeof text !== 'string' || byteLength(text) <= limit) continue;
    fresh.set(key, cutText(text, limit));
    const why = `it has ${byteLength(text)} bytes, and servers of StartOS 0.4 refuse more than ${limit}`;
    notes.changed(`/description/${key}`, text, fresh.get(key) ?? '', why);
  }
  return fresh;
}
