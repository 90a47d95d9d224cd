import { compareVersions, parseVersion, type Version, VersionError } from '../../engine/package/exver.ts';

/**
 * What a manifest for start-sdk may hold depends on the SDK's version (s9pk-v2 sections 5.2 and 5.8). Keys that all
 * versions know are not listed.
 */
interface SdkState {
  /** The first version of the SDK with it. */
  readonly since: Version;
  readonly keys: readonly string[];
  /** Keys of these that the SDK's type requires and later versions do not have. */
  readonly required?: readonly string[];
}

const version = parseVersion;

const STATES: readonly SdkState[] = [
  {
    since: version('0.4.0-beta.33'),
    keys: ['wrapperRepo', 'supportSite', 'marketingSite', 'alerts'],
    required: ['wrapperRepo', 'supportSite', 'marketingSite'],
  },
  {
    since: version('0.4.0-beta.36'),
    keys: ['wrapperRepo', 'supportSite', 'marketingSite', 'docsUrl', 'alerts'],
    required: ['wrapperRepo', 'supportSite', 'marketingSite'],
  },
  {
    since: version('0.4.0-beta.48'),
    keys: ['wrapperRepo', 'supportSite', 'marketingSite', 'docsUrl', 'alerts', 'hardwareAcceleration'],
    required: ['wrapperRepo', 'supportSite', 'marketingSite'],
  },
  {
    since: version('0.4.0-beta.58'),
    keys: ['packageRepo', 'marketingUrl', 'docsUrls', 'alerts', 'hardwareAcceleration', 'plugins'],
  },
  {
    since: version('1.5.0'),
    keys: ['packageRepo', 'marketingUrl', 'alerts', 'hardwareAcceleration', 'nestedRuntime', 'plugins'],
  },
  {
    since: version('2.0.0'),
    keys: [
      ...['packageRepo', 'marketingUrl', 'hardwareAcceleration', 'userspaceFilesystems', 'virtualNetworking'],
      'plugins',
    ],
  },
];

/** Since this version of the SDK, device filters have a description instead of a pattern's. */
const NEW_DEVICE_FILTERS = version('0.4.0-beta.54');
const CHANGING_KEYS = new Set(STATES.flatMap((state) => state.keys));

/** Keys that were renamed, and nothing more. */
export const RENAMED_KEYS: Readonly<Record<string, string>> = {
  wrapperRepo: 'packageRepo',
  marketingSite: 'marketingUrl',
  packageRepo: 'wrapperRepo',
  marketingUrl: 'marketingSite',
};

/** The version of start-sdk that a wrapper is made with. */
export interface Sdk {
  readonly text: string;
  readonly version: Version;
}

/** Reads a version as package.json has it: `2.0.9`, `^0.4.0-beta.44`. */
export function parseSdk(text: string): Sdk | undefined {
  try {
    const plain = text.trim().replace(/^[~^>=v\s]+/, '');
    return { text: plain, version: parseVersion(plain.split(/\s/)[0] ?? '') };
  } catch (error) {
    if (error instanceof VersionError) return undefined;
    throw error;
  }
}

/** What the SDK of a wrapper knows. */
export interface SdkKeys {
  /** False for SDKs from before the first that is described. */
  readonly isKnown: boolean;
  readonly has: (key: string) => boolean;
  readonly required: readonly string[];
  readonly hasNewDeviceFilters: boolean;
  /** The keys of the current SDK: nothing differs from the current rules. */
  readonly isCurrent: boolean;
}

export function keysOfSdk(sdk: Sdk | undefined): SdkKeys {
  const current = STATES.at(-1) as SdkState;
  const state = sdk ? stateOf(sdk.version) : current;
  const used = state ?? (STATES[0] as SdkState);
  return {
    isKnown: state !== undefined,
    has: (key) => !CHANGING_KEYS.has(key) || used.keys.includes(key),
    required: used.required ?? [],
    hasNewDeviceFilters: !sdk || compareVersions(NEW_DEVICE_FILTERS, sdk.version) <= 0,
    isCurrent: used === current,
  };
}

function stateOf(used: Version): SdkState | undefined {
  const [stage] = used.prerelease;
  // There were experiments (0.4.0-rev0...) whose names sort after the betas that came later.
  if (typeof stage === 'string' && !['alpha', 'beta', 'rc'].includes(stage)) return undefined;
  return STATES.findLast(({ since }) => compareVersions(since, used) <= 0);
}

/** Whether a key of the manifest is one that some version of the SDK has and another does not. */
export function isChangingKey(key: string): boolean {
  return CHANGING_KEYS.has(key);
}
