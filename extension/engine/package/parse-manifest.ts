import { compareNames } from '../archive/names.ts';
import { type Finding, finding } from '../finding.ts';
import { isNewerSdk, sdkDoes } from '../upstream/lookup.ts';
import { DESCRIPTION_LIMITS, NEWEST } from '../upstream/table.ts';
import {
  compareForSets,
  type ExtendedVersion,
  parseExtendedVersion,
  parseVersion,
  portabilityProblem,
  printVersion,
  type Version,
  VersionError,
} from '../versions/exver.ts';
import { parseRange, printRange, type VersionRange } from '../versions/exver-range.ts';
import { isSatisfiable } from '../versions/satisfiable.ts';
import { isObject, type JsonObject, type JsonValue, printJson } from './json.ts';
import type {
  Dependency,
  DependencyMetadata,
  DeviceFilter,
  HardwareRequirements,
  LocaleString,
  Manifest,
  PreDownloadAlert,
} from './manifest.ts';
import { ObjectReader, type Reading } from './manifest-reader.ts';
import { mergeMisspelt } from './misspelt-keys.ts';
import { parseImages } from './parse-images.ts';
import { problemOfRam } from './ram.ts';
import { problemInRust } from './rust-regex.ts';

export interface ParsedManifest {
  /** Absent if the reference would not read it. */
  readonly manifest?: Manifest;
  /** Places are JSON pointers. */
  readonly findings: readonly Finding[];
}

/**
 * Parses and checks a manifest by the reference's rules (s9pk-v2 section 5, upstream-since-july section 2): everything it
 * refuses is an error, everything it silently drops or misreads a warning. All problems are reported, not the first only.
 * Keys that are not known are kept in their object where an SDK newer than the table wrote them.
 * @param keepUnknown keeps them whoever wrote them: for packages, in which nothing is to be lost
 * @param isTyped the manifest is a text that a person writes, in which a key that is nearly one that is known is a slip
 */
export function parseManifest(value: JsonValue, { keepUnknown = false, isTyped = false } = {}): ParsedManifest {
  const findings: Finding[] = [];
  if (!isObject(value)) return { findings: [finding('manifest-type', 'the manifest must be an object', { path: '' })] };
  const sdk = sdkOf(value);
  const isNewer = sdk !== undefined && isNewerSdk(sdk);
  const unknown = isNewer ? 'said' : keepUnknown ? 'kept' : 'dropped';
  const reading: Reading = { findings, unknown, kept: [], isTyped };
  const root = new ObjectReader(value, '', reading);
  const keeping = root.checkKeys('');
  const fields = {
    id: root.id('id'),
    version: readVersion(root, 'version', sdk),
    canMigrateTo: readRange(root, 'canMigrateTo', sdk),
    canMigrateFrom: readRange(root, 'canMigrateFrom', sdk),
    title: root.string('title'),
    description: readDescription(root),
    releaseNotes: root.localeString('releaseNotes'),
    preDownloadAlert: readAlert(root, sdk),
    gitHash: root.optionalString('gitHash'),
    license: root.string('license'),
    packageRepo: readPackageRepo(root),
    upstreamRepo: root.url('upstreamRepo'),
    marketingUrl: root.optionalUrl('marketingUrl'),
    donationUrl: root.optionalUrl('donationUrl'),
    // The reference takes its own version for one that is missing.
    osVersion: root.has('osVersion') ? readPlainVersion(root, 'osVersion') : NEWEST.os,
    sdkVersion: root.raw('sdkVersion') == null ? null : readPlainVersion(root, 'sdkVersion'),
    hardwareAcceleration: root.boolean('hardwareAcceleration', false),
    userspaceFilesystems: root.boolean('userspaceFilesystems', false),
    virtualNetworking: root.boolean('virtualNetworking', false),
    hardwareVirtualization: root.boolean('hardwareVirtualization', false),
    plugins: readPlugins(root, isNewer),
    satisfies: readSatisfies(root),
    volumes: readVolumes(root),
    dependencies: readDependencies(root, sdk, isNewer),
    hardwareRequirements: readHardware(root),
  };
  const hardwareRequirements = fields.hardwareRequirements;
  const images = parseImages(root, hardwareRequirements?.arch ?? null);
  if (reading.kept.length > 0) findings.push(keptFinding(reading.kept, sdk));
  const isComplete = Object.values(fields).every((field) => field !== undefined) && images !== undefined;
  const refused = findings.some((found) => found.severity === 'error');
  if (isComplete && !refused) return { manifest: { ...fields, images, ...keeping } as Manifest, findings };
  // Which of its mistakes an editor shows depends on what else is known of the text.
  return { findings: isTyped ? findings : mergeMisspelt(findings) };
}

/** The SDK that a manifest says it was made with. */
function sdkOf(manifest: JsonObject): Version | undefined {
  const text = manifest.get('sdkVersion');
  if (typeof text !== 'string') return undefined;
  try {
    return parseVersion(text);
  } catch (error) {
    if (error instanceof VersionError) return undefined;
    throw error;
  }
}

function keptFinding(kept: readonly string[], sdk: Version | undefined): Finding {
  const names = kept.map((path) => path.slice(1)).join(', ');
  const message = `start-sdk ${sdk && printVersion(sdk)} is newer than this version knows; kept as it is: ${names}`;
  return finding('manifest-kept', message, { path: kept[0] ?? '' });
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

function readVersion(reader: ObjectReader, key: string, sdk: Version | undefined): string | undefined {
  const text = reader.string(key);
  if (text === undefined) return undefined;
  const version = attempt(reader, 'manifest-version', key, () => parseExtendedVersion(text));
  if (!version) return undefined;
  if (sdkDoes(sdk, 'mixedPrereleases')) return text;
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

function readRange(reader: ObjectReader, key: string, sdk: Version | undefined): string | undefined {
  const text = reader.string(key);
  return text === undefined ? undefined : toRange(reader, key, text, sdk)?.text;
}

function toRange(
  reader: ObjectReader,
  key: string,
  text: string,
  sdk: Version | undefined,
): { text: string; range: VersionRange } | undefined {
  const parsed = attempt(reader, 'manifest-range', key, () => parseRange(text));
  if (!parsed) return undefined;
  const problems = sdkDoes(sdk, 'mixedPrereleases')
    ? parsed.portability
    : [...parsed.portability, ...parsed.prereleases];
  for (const problem of problems) reader.report('manifest-range-portability', problem, key);
  return { text: printRange(parsed.range), range: parsed.range };
}

/** A range that is there for versions to be in: one that has none is a mistake. */
function readUsefulRange(
  reader: ObjectReader,
  key: string,
  text: string,
  sdk: Version | undefined,
): string | undefined {
  const parsed = toRange(reader, key, text, sdk);
  if (parsed && !isSatisfiable(parsed.range))
    reader.report('manifest-range-empty', `no version is in the range "${text}"`, key);
  return parsed?.text;
}

/** Null: there is none. Undefined: it is wrong. */
function readAlert(root: ObjectReader, sdk: Version | undefined): PreDownloadAlert | null | undefined {
  if (root.raw('preDownloadAlert') == null) return null;
  const reader = root.object('preDownloadAlert', true);
  if (!reader) return undefined;
  const keeping = reader.checkKeys('preDownloadAlert');
  const message = reader.localeString('message');
  const when = reader.object('when', true);
  if (!when) return undefined;
  const keepingWhen = when.checkKeys('alertCondition');
  const text = when.string('sourceVersion');
  const sourceVersion = text === undefined ? undefined : readUsefulRange(when, 'sourceVersion', text, sdk);
  if (message === undefined || sourceVersion === undefined) return undefined;
  return { message, when: { sourceVersion, ...keepingWhen }, ...keeping };
}

function readDescription(root: ObjectReader): Manifest['description'] | undefined {
  const reader = root.object('description', true);
  if (!reader) return undefined;
  const keeping = reader.checkKeys('description');
  const short = reader.localeString('short');
  const long = reader.localeString('long');
  if (short === undefined || long === undefined) return undefined;
  checkLength(reader, 'short', short);
  checkLength(reader, 'long', long);
  return { short, long, ...keeping };
}

const encoder = new TextEncoder();

/** One finding for a text, whatever the number of its languages that are too long. */
function checkLength(reader: ObjectReader, key: 'short' | 'long', text: LocaleString): void {
  const limits: { readonly bytes: number; readonly shown?: number } = DESCRIPTION_LIMITS[key];
  const texts = typeof text === 'string' ? [['', text] as const] : [...text];
  const tooLong = texts.flatMap(([tag, value]) => {
    const bytes = encoder.encode(value).length;
    return bytes > limits.bytes ? [{ tag, what: `${bytes} bytes${tag && ` in ${tag}`}` }] : [];
  });
  const [first] = tooLong;
  if (first) {
    const sizes = tooLong.map(({ what }) => what).join(', ');
    const message = `the ${key} description has ${sizes}; servers refuse more than ${limits.bytes} (letters with accents count two or more)`;
    reader.report('manifest-description-length', message, ...(first.tag ? [key, first.tag] : [key]));
    return;
  }
  const { shown } = limits;
  const cut = texts.filter(([, value]) => shown !== undefined && [...value].length > shown);
  if (cut.length === 0) return;
  const [tag = '', value = ''] = cut[0] ?? [];
  const others =
    cut.length > 1
      ? ` (and in ${cut
          .slice(1)
          .map(([other]) => other)
          .join(', ')})`
      : '';
  const message = `the ${key} description has ${[...value].length} characters${tag && ` in ${tag}`}${others}; the marketplace shows about ${shown}`;
  reader.report('manifest-description-cut', message, ...(tag ? [key, tag] : [key]));
}

function readPackageRepo(root: ObjectReader): string | undefined {
  if (root.has('packageRepo')) return root.url('packageRepo');
  root.report('manifest-package-repo', '"packageRepo" is missing, so the package will point to https://example.com/');
  return 'https://example.com/';
}

function readPlugins(root: ObjectReader, isNewer: boolean): readonly string[] | undefined {
  const plugins = root.stringSet('plugins', []);
  // A newer SDK may know more of them.
  for (const plugin of isNewer ? [] : (plugins ?? [])) {
    if (plugin !== 'url-v0')
      root.report('manifest-plugin', `"${plugin}" is not a plugin; the only one is "url-v0"`, 'plugins');
  }
  return plugins;
}

function readSatisfies(root: ObjectReader): readonly string[] | undefined {
  if (!root.stringSet('satisfies', [])) return undefined;
  // In the order in which they stand: of equal versions the first is kept as it is written.
  const list = root.raw('satisfies');
  const texts = Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
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

function readDependencies(
  root: ObjectReader,
  sdk: Version | undefined,
  isNewer: boolean,
): ReadonlyMap<string, Dependency> | undefined {
  const reader = root.has('dependencies') ? root.object('dependencies', true) : undefined;
  const dependencies = new Map<string, Dependency>();
  for (const id of reader?.keys() ?? []) {
    reader?.isId(id, id);
    const dependency = reader?.object(id, true);
    if (!dependency) continue;
    const keeping = dependency.checkKeys('dependency');
    const description = dependency.optionalLocaleString('description');
    const optional = dependency.boolean('optional');
    const range = dependency.optionalString('versionRange');
    const versionRange = typeof range === 'string' ? readUsefulRange(dependency, 'versionRange', range, sdk) : range;
    const { requirement, kept } = readRequirement(dependency, isNewer);
    const metadata = readMetadata(dependency);
    if (description === undefined || optional === undefined || versionRange === undefined) continue;
    const base = { description, optional, versionRange };
    const all = new Map([...(kept ?? []), ...(keeping.kept ?? [])]);
    dependencies.set(id, {
      ...base,
      ...(requirement && { requirement }),
      ...(metadata && { metadata }),
      ...(all.size > 0 && { kept: all }),
    });
  }
  return dependencies;
}

/** What is no requirement that is known counts as none, as the reference reads it; a newer SDK's is kept as it is. */
function readRequirement(
  dependency: ObjectReader,
  isNewer: boolean,
): { requirement?: NonNullable<Dependency['requirement']>; kept?: JsonObject } {
  const [kind, healthChecks] = [dependency.raw('kind') ?? null, dependency.raw('healthChecks') ?? null];
  const checks = Array.isArray(healthChecks) && healthChecks.every((check) => typeof check === 'string');
  const ignored = (key: string, why: string) => {
    dependency.report('manifest-dependency', `"${key}" is ignored: ${why}`, key);
    return {};
  };
  if (kind === 'exists') {
    if (checks ? healthChecks.length > 0 : healthChecks !== null) ignored('healthChecks', 'the kind is "exists"');
    return { requirement: { kind } };
  }
  if (kind === 'running') {
    if (!checks) return ignored('kind', '"running" needs "healthChecks", a list of texts, perhaps []');
    return { requirement: { kind, healthChecks: [...new Set(healthChecks)].sort(compareNames) } };
  }
  if (kind !== null && isNewer) {
    const entries: [string, JsonValue][] = [['kind', kind]];
    if (healthChecks !== null) entries.push(['healthChecks', healthChecks]);
    return { kept: new Map(entries) };
  }
  if (kind !== null) return ignored('kind', `write "exists" or "running", not ${printJson(kind)}`);
  return healthChecks === null ? {} : ignored('healthChecks', 'there is no "kind": "running"');
}

/** What does not parse is treated as absent by the reference; here it is said. Of both forms the first counts. */
function readMetadata(dependency: ObjectReader): DependencyMetadata | undefined {
  const s9pk = dependency.raw('s9pk');
  const metadata = dependency.raw('metadata');
  if (metadata === undefined && s9pk === undefined) return undefined;
  const isPackage = metadata === undefined || (s9pk !== undefined && dependency.isBefore('s9pk', 'metadata'));
  if (metadata !== undefined && s9pk !== undefined) {
    const [used, other] = isPackage ? ['s9pk', 'metadata'] : ['metadata', 's9pk'];
    dependency.report('manifest-dependency', `"${other}" has no effect beside "${used}", which stands first`, other);
  }
  if (isPackage) {
    if (typeof s9pk === 'string') return { kind: 's9pk', s9pk };
    if (s9pk !== null)
      dependency.report('manifest-dependency', '"s9pk" is ignored: it must be a path, a URL or null', 's9pk');
    return undefined;
  }
  const findings: Finding[] = [];
  const reading: Reading = { findings, unknown: 'dropped', kept: [] };
  const reader = isObject(metadata) ? new ObjectReader(metadata, `${dependency.path}/metadata`, reading) : undefined;
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
  const keeping = reader.checkKeys('hardwareRequirements');
  const ram = reader.optionalInteger('ram');
  const arch = reader.optionalStringSet('arch');
  const device = reader.objects('device')?.map(readDevice);
  const problem = typeof ram === 'number' ? problemOfRam(ram) : undefined;
  if (problem) reader.report('manifest-ram', problem, 'ram');
  if (ram === undefined || arch === undefined || !device?.every((filter) => filter !== undefined)) return undefined;
  return { device, ram, arch, ...keeping };
}

function readDevice(reader: ObjectReader): DeviceFilter | undefined {
  const keeping = reader.checkKeys('device');
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
  return { description, class: deviceClass, product, vendor, capabilities, driver, ...keeping };
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
