import { ExactNumber, type JsonObject, type JsonValue } from './json.ts';

/**
 * The manifest of a version 2 package (s9pk-v2 section 5, upstream-since-july section 2), as the reference holds it after
 * parsing: defaults filled in, sets sorted and without duplicates, ranges and versions still as text.
 */

/** An object that keeps what a newer upstream says in it and nothing here knows; written behind the known keys. */
export interface Keeping {
  readonly kept?: JsonObject;
}

/** A text, or one per language tag (`en_US`) in the order given. */
export type LocaleString = string | ReadonlyMap<string, string>;

export type BuildArg = string | { readonly env: string };

export type ImageSource =
  | { readonly kind: 'packed' }
  | { readonly kind: 'dockerTag'; readonly tag: string }
  | {
      readonly kind: 'dockerBuild';
      readonly workdir?: string;
      readonly dockerfile?: string;
      readonly buildArgs?: ReadonlyMap<string, BuildArg>;
    };

export interface ImageConfig extends Keeping {
  readonly source: ImageSource;
  /** Architectures as StartOS names them: `x86_64`, `aarch64`, `riscv64`. Sorted. */
  readonly arch: readonly string[];
  /** Whether an image that is there is run under emulation on devices that have none of their own. */
  readonly emulateMissing: boolean;
  /** The image that is preferred for that, as packers before `emulateMissing` wrote it; older servers read only this. */
  readonly emulateMissingAs: string | null;
  readonly nvidiaContainer: boolean;
}

/** Where a dependency's title and icon come from at pack time; gone from a packed manifest. */
export type DependencyMetadata =
  | { readonly kind: 'metadata'; readonly title: LocaleString; readonly icon: string }
  | { readonly kind: 's9pk'; readonly s9pk: string };

export interface Dependency extends Keeping {
  readonly description: LocaleString | null;
  readonly optional: boolean;
  /** What versions do; null: not said. */
  readonly versionRange: string | null;
  /** What must hold: that it is installed, or that it runs and these health checks of it pass. Absent in old packages. */
  readonly requirement?:
    | { readonly kind: 'exists' }
    | { readonly kind: 'running'; readonly healthChecks: readonly string[] };
  readonly metadata?: DependencyMetadata;
}

/** Shown before an update is downloaded. */
export interface PreDownloadAlert extends Keeping {
  readonly message: LocaleString;
  readonly when: { readonly sourceVersion: string } & Keeping;
}

export interface DeviceFilter extends Keeping {
  readonly description: string;
  readonly class: string;
  readonly product: string | null;
  readonly vendor: string | null;
  readonly capabilities: readonly string[] | null;
  readonly driver: string | null;
}

export interface HardwareRequirements extends Keeping {
  readonly device: readonly DeviceFilter[];
  /** Compared with the device's memory in bytes, whatever comments in older SDKs say. Up to 2^64 - 1. */
  readonly ram: number | bigint | null;
  /** Architectures the package is for; null: not restricted. Sorted. */
  readonly arch: readonly string[] | null;
}

export interface Manifest extends Keeping {
  readonly id: string;
  readonly version: string;
  readonly canMigrateTo: string;
  readonly canMigrateFrom: string;
  readonly title: string;
  readonly description: { readonly short: LocaleString; readonly long: LocaleString } & Keeping;
  readonly releaseNotes: LocaleString;
  readonly preDownloadAlert: PreDownloadAlert | null;
  readonly gitHash: string | null;
  readonly license: string;
  readonly packageRepo: string;
  readonly upstreamRepo: string;
  readonly marketingUrl: string | null;
  readonly donationUrl: string | null;
  readonly osVersion: string;
  readonly sdkVersion: string | null;
  readonly hardwareAcceleration: boolean;
  readonly userspaceFilesystems: boolean;
  readonly virtualNetworking: boolean;
  readonly hardwareVirtualization: boolean;
  readonly plugins: readonly string[];
  readonly satisfies: readonly string[];
  /** Sorted by id. */
  readonly images: ReadonlyMap<string, ImageConfig>;
  readonly volumes: readonly string[];
  /** Sorted by id. */
  readonly dependencies: ReadonlyMap<string, Dependency>;
  readonly hardwareRequirements: HardwareRequirements;
}

/** The manifest as the JSON value that the reference writes: keys in its order, absent optionals as null. */
export function manifestToJson(manifest: Manifest): JsonObject {
  const { images, dependencies, hardwareRequirements, description, preDownloadAlert, ...rest } = manifest;
  return object(
    {
      id: rest.id,
      version: rest.version,
      canMigrateTo: rest.canMigrateTo,
      canMigrateFrom: rest.canMigrateFrom,
      title: rest.title,
      description: object({ short: locale(description.short), long: locale(description.long) }, description),
      releaseNotes: locale(rest.releaseNotes),
      ...(preDownloadAlert && { preDownloadAlert: alertToJson(preDownloadAlert) }),
      gitHash: rest.gitHash,
      license: rest.license,
      packageRepo: rest.packageRepo,
      upstreamRepo: rest.upstreamRepo,
      marketingUrl: rest.marketingUrl,
      donationUrl: rest.donationUrl,
      osVersion: rest.osVersion,
      sdkVersion: rest.sdkVersion,
      hardwareAcceleration: rest.hardwareAcceleration,
      userspaceFilesystems: rest.userspaceFilesystems,
      virtualNetworking: rest.virtualNetworking,
      hardwareVirtualization: rest.hardwareVirtualization,
      plugins: [...rest.plugins],
      satisfies: [...rest.satisfies],
      images: mapValues(images, imageToJson),
      volumes: [...rest.volumes],
      dependencies: mapValues(dependencies, dependencyToJson),
      hardwareRequirements: object(
        {
          device: hardwareRequirements.device.map(deviceToJson),
          ram: numberToJson(hardwareRequirements.ram),
          arch: hardwareRequirements.arch && [...hardwareRequirements.arch],
        },
        hardwareRequirements,
      ),
    },
    rest,
  );
}

function numberToJson(value: number | bigint | null): JsonValue {
  return typeof value === 'bigint' ? new ExactNumber(String(value)) : value;
}

function alertToJson({ message, when, ...rest }: PreDownloadAlert): JsonValue {
  return object({ message: locale(message), when: object({ sourceVersion: when.sourceVersion }, when) }, rest);
}

function imageToJson(image: ImageConfig): JsonValue {
  return object(
    {
      source: sourceToJson(image.source),
      arch: [...image.arch],
      emulateMissing: image.emulateMissing,
      ...(image.emulateMissingAs !== null && { emulateMissingAs: image.emulateMissingAs }),
      nvidiaContainer: image.nvidiaContainer,
    },
    image,
  );
}

function sourceToJson(source: ImageSource): JsonValue {
  switch (source.kind) {
    case 'packed':
      return 'packed';
    case 'dockerTag':
      return object({ dockerTag: source.tag });
    case 'dockerBuild':
      return object({
        dockerBuild: object({
          workdir: source.workdir ?? null,
          dockerfile: source.dockerfile ?? null,
          ...(source.buildArgs && {
            buildArgs: mapValues(source.buildArgs, (arg) => (typeof arg === 'string' ? arg : object({ env: arg.env }))),
          }),
        }),
      });
  }
}

function dependencyToJson({
  description,
  optional,
  versionRange,
  requirement,
  metadata,
  ...rest
}: Dependency): JsonValue {
  return object(
    {
      description: description === null ? null : locale(description),
      optional,
      versionRange,
      ...(requirement && { kind: requirement.kind }),
      ...(requirement?.kind === 'running' && { healthChecks: [...requirement.healthChecks] }),
      ...(metadata?.kind === 's9pk' && { s9pk: metadata.s9pk }),
      ...(metadata?.kind === 'metadata' && {
        metadata: object({ title: locale(metadata.title), icon: metadata.icon }),
      }),
    },
    rest,
  );
}

function deviceToJson(device: DeviceFilter): JsonValue {
  return object(
    {
      description: device.description,
      class: device.class,
      product: device.product,
      vendor: device.vendor,
      capabilities: device.capabilities && [...device.capabilities],
      driver: device.driver,
    },
    device,
  );
}

/** A localised text as JSON: itself, or an object in the order in which the languages were given. */
export function locale(text: LocaleString): JsonValue {
  return typeof text === 'string' ? text : new Map(text);
}

function object(properties: Record<string, JsonValue>, { kept }: Keeping = {}): JsonObject {
  return new Map([...Object.entries(properties), ...(kept ?? [])]);
}

function mapValues<T>(map: ReadonlyMap<string, T>, convert: (value: T) => JsonValue): JsonObject {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}

/** The text for a language as devices choose it: exact tag, else the same language, else the first one. */
export function localized(text: LocaleString, tag = 'en_US'): string {
  if (typeof text === 'string') return text;
  const exact = text.get(tag);
  if (exact !== undefined) return exact;
  const language = tag.slice(0, tag.indexOf('_') + 1);
  for (const [key, value] of text) if (language !== '' && key.startsWith(language)) return value;
  return text.values().next().value ?? '';
}
