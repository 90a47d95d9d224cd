import { normalDuration } from '../package/duration.ts';
import { isObject, type JsonObject } from '../package/json.ts';
import { parseEmverRange } from '../versions/emver.ts';
import { configSpec } from './config-spec.ts';
import {
  type Fields,
  fieldsOf,
  list,
  map,
  optional,
  otherwise,
  plain,
  presentOf,
  record,
  type Shape,
  set,
  written,
} from './shapes.ts';
import { CborMap, encodeCbor } from './value.ts';

/** The manifest of StartOS 0.3 as packages hold it: every key, in the reference's order (s9pk-v1 sections 2.1.3 to 2.1.5). */

/** What a manifest that says nothing of it is made for: the version of the last tools. */
const NEWEST_03 = '0.3.5.1';

const nothing = optional(plain);
const flag = otherwise(false, plain);
const empty = new CborMap([]);
const url = written((text) => new URL(text).href);
const duration = optional(written((text) => normalDuration(text) ?? text));
const versionRange = (text: string) => parseEmverRange(text).normal;
const port = (text: string) => String(Number(text));

const DOCKER: Fields = [
  ['type', plain],
  ['image', plain],
  ['system', flag],
  ['entrypoint', plain],
  ['args', otherwise([], plain)],
  ['inject', flag],
  ['mounts', otherwise(empty, map(plain, 'bytes'))],
  ['io-format', nothing],
  ['sigterm-timeout', duration],
  ['shm-size-mb', nothing],
  ['gpu-acceleration', flag],
];

const SCRIPT: Fields = [
  ['type', plain],
  ['args', otherwise([], plain)],
];

const procedureFields = (value: JsonObject) => fieldsOf(value, value.get('type') === 'script' ? SCRIPT : DOCKER);

const procedure: Shape = (value) => (isObject(value) ? new CborMap(procedureFields(value)) : plain(value));

const healthCheck: Shape = (value) => {
  if (!isObject(value)) return plain(value);
  const own = fieldsOf(value, [
    ['name', plain],
    ['success-message', nothing],
  ]);
  return new CborMap([...own, ...procedureFields(value), ...fieldsOf(value, [['timeout', duration]])], true);
};

const VOLUMES: Readonly<Record<string, Fields>> = {
  pointer: [
    ['type', plain],
    ['package-id', plain],
    ['volume-id', plain],
    ['path', plain],
    ['readonly', plain],
  ],
  certificate: [
    ['type', plain],
    ['interface-id', plain],
  ],
};

const volume: Shape = (value) =>
  record((isObject(value) ? VOLUMES[String(value.get('type'))] : undefined) ?? [['type', plain]])(value);

/** The former name of `internal` counts where that is absent. */
const lanPort: Shape = (value) => {
  if (!isObject(value)) return plain(value);
  return new CborMap([
    ['ssl', plain(value.get('ssl'))],
    ['internal', plain(value.get('internal') ?? value.get('mapping'))],
  ]);
};

const networkInterface = record([
  ['name', plain],
  ['description', plain],
  ['tor-config', optional(record([['port-mapping', map(written(port), 'numbers', port)]]))],
  ['lan-config', optional(map(lanPort, 'numbers', port))],
  ['ui', plain],
  ['protocols', set],
]);

const action = record([
  ['name', plain],
  ['description', plain],
  ['warning', nothing],
  ['implementation', procedure],
  ['allowed-statuses', set],
  ['input-spec', otherwise(empty, configSpec)],
]);

const requirement: Shape = (value) => {
  if (!isObject(value)) return plain(value);
  const how = value.get('type') === 'required' ? [] : presentOf(value, [['how', plain]]);
  return new CborMap([['type', plain(value.get('type'))], ...how]);
};

const dependency = record([
  ['version', written(versionRange)],
  ['requirement', requirement],
  ['description', nothing],
  [
    'config',
    optional(
      record([
        ['check', procedure],
        ['auto-configure', procedure],
      ]),
    ),
  ],
]);

const migrationsTo = map(procedure, 'file', versionRange);

const MANIFEST: Fields = [
  ['eos-version', otherwise(NEWEST_03, plain)],
  ['id', plain],
  ['git-hash', nothing],
  ['title', plain],
  ['version', plain],
  [
    'description',
    record([
      ['short', plain],
      ['long', plain],
    ]),
  ],
  ['assets', texts('license', 'instructions', 'icon', 'docker-images', 'assets', 'scripts')],
  ['build', nothing],
  ['release-notes', plain],
  ['license', plain],
  ['wrapper-repo', url],
  ['upstream-repo', url],
  ['support-site', optional(url)],
  ['marketing-site', optional(url)],
  ['donation-url', optional(url)],
  ['alerts', texts('install', 'uninstall', 'restore', 'start', 'stop')],
  ['main', procedure],
  ['health-checks', map(healthCheck, 'bytes')],
  [
    'config',
    optional(
      record([
        ['get', procedure],
        ['set', procedure],
      ]),
    ),
  ],
  ['properties', optional(procedure)],
  ['volumes', map(volume, 'bytes')],
  ['interfaces', map(networkInterface, 'bytes')],
  [
    'backup',
    record([
      ['create', procedure],
      ['restore', procedure],
    ]),
  ],
  [
    'migrations',
    otherwise(
      new CborMap([
        ['from', empty],
        ['to', empty],
      ]),
      record([
        ['from', migrationsTo],
        ['to', migrationsTo],
      ]),
    ),
  ],
  ['actions', otherwise(empty, map(action, 'bytes'))],
  ['dependencies', otherwise(empty, map(dependency, 'bytes'))],
  ['containers', nothing],
  ['replaces', otherwise([], list(plain))],
  [
    'hardware-requirements',
    (value) =>
      record([
        ['device', otherwise(empty, map(plain, 'bytes'))],
        ['ram', nothing],
        ['arch', nothing],
      ])(value ?? new Map()),
  ],
];

/** A record of texts that may all be absent, as may it. */
function texts(...keys: string[]): Shape {
  const shape = record(keys.map((key) => [key, nothing] as const));
  return (value) => shape(value ?? new Map());
}

const LINE_FEED = Uint8Array.of(0x0a);

/**
 * The manifest section of a package: CBOR as the reference writes it, and the line feed that belongs to the section.
 * @param manifest as the wrapper says it, without mistakes
 */
export function encodeManifest1(manifest: JsonObject): Uint8Array {
  const bytes = encodeCbor(new CborMap(fieldsOf(manifest, MANIFEST)));
  const section = new Uint8Array(bytes.length + 1);
  section.set(bytes);
  section.set(LINE_FEED, bytes.length);
  return section;
}
