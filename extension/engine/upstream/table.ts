/**
 * What belongs to which version of upstream: the one place where its versions stand. Rules, completion, hover, messages,
 * packing and verifying read from here; docs/upstream.md says how next month's change becomes rows.
 *
 * `since` is the first version with something, `until` the first without it; where one is not given, everything that is
 * described here has it. `sdk` is start-sdk as a wrapper sees it, `os` StartOS and the packer of the same time, `cli`
 * start-cli, which counts apart.
 */

/** The newest versions that the rows speak of. What a newer SDK says and no row knows is kept, not refused. */
export const NEWEST = { sdk: '3.0.5', os: '0.4.0.3' } as const;

export interface Period {
  readonly since?: string;
  readonly until?: string;
}

/** The kinds of objects in a manifest; '' is the manifest itself. */
export type ManifestObject =
  | ''
  | 'description'
  | 'preDownloadAlert'
  | 'alertCondition'
  | 'image'
  | 'source'
  | 'dockerBuild'
  | 'dependency'
  | 'metadata'
  | 'hardwareRequirements'
  | 'device';

export interface Field {
  readonly of: ManifestObject;
  readonly key: string;
  readonly sdk?: Period;
  readonly os?: Period;
  /** The SDK's type requires it, in all versions that have it and before `sdk.until`. */
  readonly isRequired?: true;
  /** The key that took its place and means the same. */
  readonly renamedTo?: string;
  /** What became of it, for a sentence: `"docsUrl" has no effect: …`. */
  readonly fate?: string;
}

const field = (of: ManifestObject, key: string, more: Omit<Field, 'of' | 'key'> = {}): Field => ({ of, key, ...more });

/**
 * Every key, in the order in which the reference writes it (upstream-since-july section 2, s9pk-v2 sections 5.1, 5.2
 * and 5.8).
 */
export const FIELDS: readonly Field[] = [
  field('', 'id'),
  field('', 'version'),
  field('', 'canMigrateTo'),
  field('', 'canMigrateFrom'),
  field('', 'title'),
  field('', 'description'),
  field('', 'releaseNotes'),
  field('', 'preDownloadAlert', { sdk: { since: '3.0.0' }, os: { since: '0.4.0.2' } }),
  field('', 'gitHash'),
  field('', 'license'),
  field('', 'wrapperRepo', {
    sdk: { since: '0.4.0-beta.33', until: '0.4.0-beta.58' },
    os: { until: '0.4.0-alpha.20' },
    isRequired: true,
    renamedTo: 'packageRepo',
    fate: 'it was replaced by packageRepo in StartOS 0.4.0-alpha.20',
  }),
  field('', 'packageRepo', { sdk: { since: '0.4.0-beta.58' }, os: { since: '0.4.0-alpha.20' } }),
  field('', 'upstreamRepo'),
  field('', 'supportSite', {
    sdk: { since: '0.4.0-beta.33', until: '0.4.0-beta.58' },
    os: { until: '0.4.0-alpha.20' },
    isRequired: true,
    fate: 'it was removed in StartOS 0.4.0-alpha.20',
  }),
  field('', 'marketingSite', {
    sdk: { since: '0.4.0-beta.33', until: '0.4.0-beta.58' },
    os: { until: '0.4.0-alpha.20' },
    isRequired: true,
    renamedTo: 'marketingUrl',
    fate: 'it was replaced by marketingUrl in StartOS 0.4.0-alpha.20',
  }),
  field('', 'marketingUrl', { sdk: { since: '0.4.0-beta.58' }, os: { since: '0.4.0-alpha.20' } }),
  field('', 'donationUrl'),
  field('', 'docsUrl', {
    sdk: { since: '0.4.0-beta.36', until: '0.4.0-beta.58' },
    os: { until: '0.4.0-alpha.20' },
    fate: 'it was removed in StartOS 0.4.0-alpha.20',
  }),
  field('', 'docsUrls', {
    sdk: { since: '0.4.0-beta.58', until: '1.5.0' },
    os: { since: '0.4.0-alpha.20', until: '0.4.0-beta.9' },
    fate: 'it was removed in StartOS 0.4.0-beta.9',
  }),
  field('', 'osVersion'),
  field('', 'sdkVersion'),
  field('', 'hardwareAcceleration', { sdk: { since: '0.4.0-beta.48' }, os: { since: '0.4.0-alpha.18' } }),
  field('', 'nestedRuntime', {
    sdk: { since: '1.5.0', until: '2.0.0' },
    os: { since: '0.4.0-beta.9', until: '0.4.0-beta.10' },
    fate: 'StartOS 0.4.0-beta.10 split it into userspaceFilesystems and virtualNetworking',
  }),
  field('', 'userspaceFilesystems', { sdk: { since: '2.0.0' }, os: { since: '0.4.0-beta.10' } }),
  field('', 'virtualNetworking', { sdk: { since: '2.0.0' }, os: { since: '0.4.0-beta.10' } }),
  field('', 'hardwareVirtualization', { sdk: { since: '3.0.0' }, os: { since: '0.4.0.2' } }),
  field('', 'plugins', { sdk: { since: '0.4.0-beta.58' }, os: { since: '0.4.0-alpha.20' } }),
  field('', 'satisfies'),
  field('', 'images'),
  field('', 'volumes'),
  field('', 'alerts', {
    sdk: { since: '0.4.0-beta.33', until: '2.0.0' },
    os: { until: '0.4.0-beta.10' },
    fate: 'it was removed in StartOS 0.4.0-beta.10',
  }),
  field('', 'assets', {
    sdk: { until: '0.4.0-beta.33' },
    os: { until: '0.3.6-alpha.16' },
    fate: 'it was removed in StartOS 0.3.6-alpha.16; everything in the assets folder is packed',
  }),
  // Still in the manifest that is packed; the SDK takes it from startos/dependencies.ts.
  field('', 'dependencies', { sdk: { until: '3.0.0' } }),
  field('', 'hardwareRequirements'),

  field('description', 'short'),
  field('description', 'long'),

  field('preDownloadAlert', 'message'),
  field('preDownloadAlert', 'when'),
  field('alertCondition', 'sourceVersion'),

  field('image', 'source'),
  field('image', 'arch'),
  field('image', 'emulateMissing', { sdk: { since: '3.0.0' }, os: { since: '0.4.0.2' } }),
  // Packers and devices go on reading it where `emulateMissing` is absent.
  field('image', 'emulateMissingAs', { sdk: { until: '3.0.0' }, renamedTo: 'emulateMissing' }),
  field('image', 'nvidiaContainer', { sdk: { since: '0.4.0-beta.54' }, os: { since: '0.4.0-alpha.18' } }),

  field('source', 'dockerTag'),
  field('source', 'dockerBuild'),

  field('dockerBuild', 'workdir'),
  field('dockerBuild', 'dockerfile'),
  field('dockerBuild', 'buildArgs'),

  field('dependency', 'description'),
  field('dependency', 'optional'),
  field('dependency', 'versionRange', { sdk: { since: '3.0.0' }, os: { since: '0.4.0.2' } }),
  field('dependency', 'kind', { sdk: { since: '3.0.0' }, os: { since: '0.4.0.2' } }),
  field('dependency', 'healthChecks', { sdk: { since: '3.0.0' }, os: { since: '0.4.0.2' } }),
  field('dependency', 'metadata'),
  field('dependency', 's9pk'),

  field('metadata', 'title'),
  field('metadata', 'icon'),

  field('hardwareRequirements', 'device'),
  field('hardwareRequirements', 'ram'),
  field('hardwareRequirements', 'arch'),

  field('device', 'description', { sdk: { since: '0.4.0-beta.54' }, os: { since: '0.4.0-alpha.18' } }),
  field('device', 'class'),
  field('device', 'product'),
  field('device', 'vendor'),
  field('device', 'capabilities'),
  field('device', 'driver'),
];

/**
 * StartOS whose kernels mount squashfs images of zstd on every platform; that of the Raspberry Pi came to it last
 * (squashfs-on-devices).
 */
export const ZSTD_IMAGES = { since: '0.4.0-beta.0' } as const satisfies Period;

/** What a version of the SDK does, beside the keys that it knows. */
export const SDK_CHANGES = {
  /** Filters of devices have descriptions instead of patterns. */
  deviceFilters: { since: '0.4.0-beta.54' },
  /** Packers of that time put instructions.md into packages, and want it. */
  instructions: { since: '1.5.0' },
  /** It sets `hardwareRequirements.arch` from the images, whatever is written there. */
  archFromImages: { since: '2.0.0' },
  /** startos/dependencies.ts says what a package depends on, and buildManifest is given it. */
  dependenciesInCode: { since: '3.0.0' },
  /** An image without `emulateMissing` is emulated; before, `emulateMissingAs` chose what with. */
  emulateMissing: { since: '3.0.0' },
  /** Its TypeScript reads prereleases that mix letters and digits, as Rust does. */
  mixedPrereleases: { since: '3.0.0' },
  /** It brings TypeScript, ESLint, Prettier and ncc; a wrapper's package.json needs no scripts. */
  toolchain: { since: '3.0.0' },
} as const satisfies Record<string, Period>;

/**
 * Most bytes (UTF-8) of texts in every language: servers refuse more since 0.4.0, and packers since August 2026. The
 * marketplace shows about `shown` characters of the short one.
 */
export const DESCRIPTION_LIMITS = { short: { bytes: 120, shown: 80 }, long: { bytes: 2000 } } as const;

/** Memory in bytes below which a demand was meant as megabytes; the SDK's own comment said so until 2.0.10. */
export const LEAST_RAM = 64 << 20;

/** A file that start-cli keeps a key in. */
export interface KeyFile {
  /** `build`: signs packages of the workspace it is in. `identity`: the user's, who logs in and publishes with it. */
  readonly role: 'build' | 'identity';
  /** Below the workspace for `build`, below the home folder for `identity`; or absolute. With slashes. */
  readonly path: string;
  readonly cli: Period;
}

/** In the order in which they are looked for, which is the newest name first. */
export const KEY_FILES: readonly KeyFile[] = [
  { role: 'build', path: '.startos/build.key.pem', cli: { since: '1.1.0' } },
  { role: 'build', path: '.startos/build-key', cli: { until: '1.1.0' } },
  // On a server itself.
  { role: 'identity', path: '/run/startos/id.key.pem', cli: { since: '1.1.0' } },
  { role: 'identity', path: '.startos/id.key.pem', cli: { since: '1.1.0' } },
  { role: 'identity', path: '.startos/developer.key.pem', cli: { until: '1.1.0' } },
];

/** Where start-sdk, for StartOS 0.3, kept the developer's key, below the home folder; no start-cli reads it. */
export const KEY_FILE_03 = '.embassy/developer.key.pem';

/** Settings in config.yaml that name the identity key's file, the present name first. */
export const ID_KEY_SETTINGS = ['id-key-path', 'developer-key-path'] as const;

/** What stands in the root of a package. */
export interface ArchiveEntry {
  /** `icon` stands for any name with that stem. */
  readonly name: string;
  /** `required`: a package is incomplete without it; `expected`: its absence is said; `optional`: it may be there. */
  readonly need: 'required' | 'expected' | 'optional';
  readonly cli?: Period;
}

/** In the order for streaming (s9pk-v2 section 2.2); everything else comes behind. */
export const ARCHIVE_ENTRIES: readonly ArchiveEntry[] = [
  { name: 'manifest.json', need: 'required' },
  { name: 'icon', need: 'required' },
  { name: 'LICENSE.md', need: 'required' },
  { name: 'instructions.md', need: 'expected' },
  // An assistant on the server reads it. Older servers drop it when they install.
  { name: 'README.md', need: 'optional', cli: { since: '2.0.0' } },
  { name: 'dependencies', need: 'optional' },
  { name: 'javascript.squashfs', need: 'required' },
  { name: 'assets.squashfs', need: 'expected' },
  { name: 'images', need: 'required' },
];
