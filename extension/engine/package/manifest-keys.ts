/** Keys of each object of the manifest that the current reference reads; everything else it drops silently. */
export const KNOWN_KEYS = {
  '': [
    ...['id', 'version', 'canMigrateTo', 'canMigrateFrom', 'title', 'description', 'releaseNotes', 'gitHash'],
    ...['license', 'packageRepo', 'upstreamRepo', 'marketingUrl', 'donationUrl', 'osVersion', 'sdkVersion'],
    ...['hardwareAcceleration', 'userspaceFilesystems', 'virtualNetworking', 'plugins', 'satisfies'],
    ...['images', 'volumes', 'dependencies', 'hardwareRequirements'],
  ],
  description: ['short', 'long'],
  image: ['source', 'arch', 'emulateMissingAs', 'nvidiaContainer'],
  source: ['dockerTag', 'dockerBuild'],
  dockerBuild: ['workdir', 'dockerfile', 'buildArgs'],
  dependency: ['description', 'optional', 'metadata', 's9pk'],
  metadata: ['title', 'icon'],
  hardwareRequirements: ['device', 'ram', 'arch'],
  device: ['description', 'class', 'product', 'vendor', 'capabilities', 'driver'],
} as const satisfies Record<string, readonly string[]>;

export type ManifestObject = keyof typeof KNOWN_KEYS;

/** Keys of older versions and what became of them (s9pk-v2 section 5.2). */
export const FORMER_KEYS: ReadonlyMap<string, string> = new Map([
  ['wrapperRepo', 'it was replaced by packageRepo in StartOS 0.4.0-alpha.20'],
  ['supportSite', 'it was removed in StartOS 0.4.0-alpha.20'],
  ['marketingSite', 'it was replaced by marketingUrl in StartOS 0.4.0-alpha.20'],
  ['docsUrl', 'it was removed in StartOS 0.4.0-alpha.20'],
  ['docsUrls', 'it was removed in StartOS 0.4.0-beta.9'],
  ['alerts', 'it was removed in StartOS 0.4.0-beta.10'],
  ['nestedRuntime', 'StartOS 0.4.0-beta.10 split it into userspaceFilesystems and virtualNetworking'],
  ['assets', 'it was removed in StartOS 0.3.6-alpha.16; everything in the assets folder is packed'],
]);
