import { type Finding, finding } from '../finding.ts';
import {
  compareForSets,
  type ExtendedVersion,
  parseExtendedVersion,
  parseVersion,
  portabilityProblem,
  printVersion,
  VersionError,
} from './exver.ts';
import { parseRange, printRange } from './exver-range.ts';
import { isObject, type JsonValue } from './json.ts';
import { problemOfRam } from './least-ram.ts';
import type {
  Dependency,
  DependencyMetadata,
  DeviceFilter,
  HardwareRequirements,
  LocaleString,
  Manifest,
} from './manifest.ts';
import { ObjectReader } from './manifest-reader.ts';
import { parseImages } from './parse-images.ts';
import { problemInRust } from './rust-regex.ts';

export interface ParsedManifest {
  /** Absent if the reference would not read it. */
  readonly manifest?: Manifest;
  /** Places are JSON pointers. */
  readonly findings: readonly Finding[];
}

/** What the reference takes for a missing osVersion: the version of the tools that the rules here are those of. */
const CURRENT_OS = '0.4.0-beta.10';
/** Documented limits in characters (s9pk-v2 section 5.7); no device enforces them, but the store cuts there. */
const DESCRIPTION_LIMIT = { short: 80, long: 500 } as const;

/**
 * Parses and checks a manifest by the reference's rules (s9pk-v2 section 5): everything it refuses is an error,
 * everything it silently drops or misreads a warning. All problems are reported, not the first only.
 */
export function parseManifest(value: JsonValue): ParsedManifest {
  const findings: Finding[] = [];
  if (!isObject(value)) return { findings: [finding('manifest-type', 'the manifest must be an object', { path: '' })] };
  const root = new ObjectReader(value, '', findings);
  root.checkKeys('');
  const fields = {
    id: root.id('id'),
    version: readVersion(root, 'version'),
    canMigrateTo: readRange(root, 'canMigrateTo'),
    canMigrateFrom: readRange(root, 'canMigrateFrom'),
    title: root.string('title'),
    description: readDescription(root),
    releaseNotes: root.localeString('releaseNotes'),
    gitHash: root.optionalString('gitHash'),
    license: root.string('license'),
    packageRepo: readPackageRepo(root),
    upstreamRepo: root.url('upstreamRepo'),
    marketingUrl: root.optionalUrl('marketingUrl'),
    donationUrl: root.optionalUrl('donationUrl'),
    osVersion: root.has('osVersion') ? readPlainVersion(root, 'osVersion') : CURRENT_OS,
    sdkVersion: root.raw('sdkVersion') == null ? null : readPlainVersion(root, 'sdkVersion'),
    hardwareAcceleration: root.boolean('hardwareAcceleration', false),
    userspaceFilesystems: root.boolean('userspaceFilesystems', false),
    virtualNetworking: root.boolean('virtualNetworking', false),
    plugins: readPlugins(root),
    satisfies: readSatisfies(root),
    volumes: readVolumes(root),
    dependencies: readDependencies(root),
    hardwareRequirements: readHardware(root),
  };
  const hardwareRequirements = fields.hardwareRequirements;
  const images = parseImages(root, hardwareRequirements?.arch ?? null);
  const isComplete = Object.values(fields).every((field) => field !== undefined) && images !== undefined;
  const refused = findings.some((found) => found.severity === 'error');
  return isComplete && !refused ? { manifest: { ...fields, images } as Manifest, findings } : { findings };
}

function attempt<T>(
  reader: ObjectReader,
  code: 'manifest-version' | 'manifest-range',
  key: string,
  parse: () => T,
): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof VersionError)) throw error;
    return reader.report(code, error.message, key);
  }
}

function readVersion(reader: ObjectReader, key: string): string | undefined {
  const text = reader.string(key);
  if (text === undefined) return undefined;
  const version = attempt(reader, 'manifest-version', key, () => parseExtendedVersion(text));
  if (!version) return undefined;
  for (const part of [version.upstream, version.downstream]) {
    const problem = portabilityProblem(part);
    if (problem) reader.report('manifest-version-portability', problem, key);
  }
  return text;
}

function readPlainVersion(reader: ObjectReader, key: string): string | undefined {
  const text = reader.string(key);
  return text === undefined
    ? undefined
    : attempt(reader, 'manifest-version', key, () => printVersion(parseVersion(text)));
}

function readRange(reader: ObjectReader, key: string): string | undefined {
  const text = reader.string(key);
  if (text === undefined) return undefined;
  const parsed = attempt(reader, 'manifest-range', key, () => parseRange(text));
  if (!parsed) return undefined;
  for (const problem of parsed.portability) reader.report('manifest-range-portability', problem, key);
  return printRange(parsed.range);
}

function readDescription(root: ObjectReader): Manifest['description'] | undefined {
  const reader = root.object('description', true);
  if (!reader) return undefined;
  reader.checkKeys('description');
  const short = reader.localeString('short');
  const long = reader.localeString('long');
  if (short === undefined || long === undefined) return undefined;
  checkLength(reader, 'short', short);
  checkLength(reader, 'long', long);
  return { short, long };
}

function checkLength(reader: ObjectReader, key: 'short' | 'long', text: LocaleString): void {
  const limit = DESCRIPTION_LIMIT[key];
  for (const [tag, value] of typeof text === 'string' ? [['', text] as const] : text) {
    const length = [...value].length;
    if (length <= limit) continue;
    const language = tag && ` in ${tag}`;
    const message = `the ${key} description${language} has ${length} characters; at most ${limit} are meant to be shown`;
    reader.report('manifest-description-length', message, ...(tag ? [key, tag] : [key]));
  }
}

function readPackageRepo(root: ObjectReader): string | undefined {
  if (root.has('packageRepo')) return root.url('packageRepo');
  root.report('manifest-package-repo', '"packageRepo" is missing, so the package will point to https://example.com/');
  return 'https://example.com/';
}

function readPlugins(root: ObjectReader): readonly string[] | undefined {
  const plugins = root.stringSet('plugins', []);
  for (const plugin of plugins ?? []) {
    if (plugin !== 'url-v0')
      root.report('manifest-plugin', `"${plugin}" is not a plugin; the only one is "url-v0"`, 'plugins');
  }
  return plugins;
}

function readSatisfies(root: ObjectReader): readonly string[] | undefined {
  const texts = root.stringSet('satisfies', []);
  if (!texts) return undefined;
  const versions: { text: string; version: ExtendedVersion }[] = [];
  for (const text of texts) {
    const version = attempt(root, 'manifest-version', 'satisfies', () => parseExtendedVersion(text));
    if (version && !versions.some((other) => compareForSets(other.version, version) === 0))
      versions.push({ text, version });
  }
  return versions.sort((a, b) => compareForSets(a.version, b.version)).map(({ text }) => text);
}

/** The volume that stands for a package's own backup, outside the id grammar. */
const BACKUP = 'BACKUP';

function readVolumes(root: ObjectReader): readonly string[] | undefined {
  const volumes = root.stringSet('volumes');
  if (!volumes) return undefined;
  for (const volume of volumes) if (volume !== BACKUP) root.isId(volume, 'volumes');
  return [...volumes.filter((volume) => volume === BACKUP), ...volumes.filter((volume) => volume !== BACKUP)];
}

function readDependencies(root: ObjectReader): ReadonlyMap<string, Dependency> | undefined {
  const reader = root.has('dependencies') ? root.object('dependencies', true) : undefined;
  const dependencies = new Map<string, Dependency>();
  for (const id of reader?.keys() ?? []) {
    reader?.isId(id, id);
    const dependency = reader?.object(id, true);
    if (!dependency) continue;
    dependency.checkKeys('dependency');
    const description = dependency.optionalLocaleString('description');
    const optional = dependency.boolean('optional');
    const metadata = readMetadata(dependency);
    if (description === undefined || optional === undefined) continue;
    dependencies.set(id, { description, optional, ...(metadata && { metadata }) });
  }
  return dependencies;
}

/** What does not parse is treated as absent by the reference; here it is said. */
function readMetadata(dependency: ObjectReader): DependencyMetadata | undefined {
  const s9pk = dependency.raw('s9pk');
  const metadata = dependency.raw('metadata');
  if (metadata === undefined && s9pk === undefined) return undefined;
  if (metadata === undefined) {
    if (typeof s9pk === 'string') return { kind: 's9pk', s9pk };
    if (s9pk !== null)
      dependency.report('manifest-dependency', '"s9pk" is ignored: it must be a path, a URL or null', 's9pk');
    return undefined;
  }
  const findings: Finding[] = [];
  const reader = isObject(metadata) ? new ObjectReader(metadata, `${dependency.path}/metadata`, findings) : undefined;
  const title = reader?.localeString('title');
  const icon = reader?.string('icon');
  reader?.checkKeys('metadata');
  if (title !== undefined && icon !== undefined) return { kind: 'metadata', title, icon };
  const why = findings[0]?.message ?? 'it must be an object';
  return dependency.report(
    'manifest-dependency',
    `"metadata" is ignored, so title and icon are lost: ${why}`,
    'metadata',
  );
}

function readHardware(root: ObjectReader): HardwareRequirements | undefined {
  if (!root.has('hardwareRequirements')) return { device: [], ram: null, arch: null };
  const reader = root.object('hardwareRequirements', true);
  if (!reader) return undefined;
  reader.checkKeys('hardwareRequirements');
  const ram = reader.optionalInteger('ram');
  const arch = reader.optionalStringSet('arch');
  const device = reader.objects('device')?.map(readDevice);
  const problem = typeof ram === 'number' ? problemOfRam(ram) : undefined;
  if (problem) reader.report('manifest-ram', problem, 'ram');
  if (ram === undefined || arch === undefined || !device?.every((filter) => filter !== undefined)) return undefined;
  return { device, ram, arch };
}

function readDevice(reader: ObjectReader): DeviceFilter | undefined {
  reader.checkKeys('device');
  const description = reader.string('description');
  const deviceClass = reader.string('class');
  const product = readPattern(reader, 'product');
  const vendor = readPattern(reader, 'vendor');
  const capabilities = reader.optionalStringSet('capabilities');
  const driver = reader.optionalString('driver');
  if (deviceClass !== undefined && deviceClass !== 'processor' && deviceClass !== 'display') {
    const message = `no device is of the class "${deviceClass}", so this is never met; classes are "processor" and "display"`;
    reader.report('manifest-device-class', message, 'class');
  }
  if (description === undefined || deviceClass === undefined || product === undefined) return undefined;
  if (vendor === undefined || capabilities === undefined || driver === undefined) return undefined;
  return { description, class: deviceClass, product, vendor, capabilities, driver };
}

/** A pattern for Rust's `regex`: no look-around and no back-references. */
function readPattern(reader: ObjectReader, key: string): string | null | undefined {
  const pattern = reader.optionalString(key);
  if (typeof pattern !== 'string') return pattern;
  const problem = problemInRust(pattern);
  if (problem) {
    const message = `devices cannot read the pattern "${pattern}": ${problem}`;
    return reader.report('manifest-regex', message, key);
  }
  return pattern;
}
