import type { JsonObject, JsonValue } from './json.ts';

/**
 * The manifest of a version 2 package (s9pk-v2 section 5), as the reference holds it after parsing: defaults filled
 * in, sets sorted and without duplicates, ranges and versions still as text.
 */

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

export interface ImageConfig {
  readonly source: ImageSource;
  /** Architectures as StartOS names them: `x86_64`, `aarch64`, `riscv64`. Sorted. */
  readonly arch: readonly string[];
  /** Architecture whose image also serves those that have none of their own. */
  readonly emulateMissingAs: string | null;
  readonly nvidiaContainer: boolean;
}

/** Where a dependency's title and icon come from at pack time; gone from a packed manifest. */
export type DependencyMetadata =
  | { readonly kind: 'metadata'; readonly title: LocaleString; readonly icon: string }
  | { readonly kind: 's9pk'; readonly s9pk: string };

export interface Dependency {
  readonly description: LocaleString | null;
  readonly optional: boolean;
  readonly metadata?: DependencyMetadata;
}

export interface DeviceFilter {
  readonly description: string;
  readonly class: string;
  readonly product: string | null;
  readonly vendor: string | null;
  readonly capabilities: readonly string[] | null;
  readonly driver: string | null;
}

export interface HardwareRequirements {
  readonly device: readonly DeviceFilter[];
  /** Compared with the device's memory in bytes, whatever the SDK's comments say. */
  readonly ram: number | null;
  /** Architectures the package is for; null: not restricted. Sorted. */
  readonly arch: readonly string[] | null;
}

export interface Manifest {
  readonly id: string;
  readonly version: string;
  readonly canMigrateTo: string;
  readonly canMigrateFrom: string;
  readonly title: string;
  readonly description: { readonly short: LocaleString; readonly long: LocaleString };
  readonly releaseNotes: LocaleString;
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
  const { images, dependencies, hardwareRequirements, description, ...rest } = manifest;
  return object({
    id: rest.id,
    version: rest.version,
    canMigrateTo: rest.canMigrateTo,
    canMigrateFrom: rest.canMigrateFrom,
    title: rest.title,
    description: object({ short: locale(description.short), long: locale(description.long) }),
    releaseNotes: locale(rest.releaseNotes),
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
    plugins: [...rest.plugins],
    satisfies: [...rest.satisfies],
    images: mapValues(images, imageToJson),
    volumes: [...rest.volumes],
    dependencies: mapValues(dependencies, dependencyToJson),
    hardwareRequirements: object({
      device: hardwareRequirements.device.map(deviceToJson),
      ram: hardwareRequirements.ram,
      arch: hardwareRequirements.arch && [...hardwareRequirements.arch],
    }),
  });
}

function imageToJson(image: ImageConfig): JsonValue {
  return object({
    source: sourceToJson(image.source),
    arch: [...image.arch],
    emulateMissingAs: image.emulateMissingAs,
    nvidiaContainer: image.nvidiaContainer,
  });
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

function dependencyToJson({ description, optional, metadata }: Dependency): JsonValue {
  const base = { description: description === null ? null : locale(description), optional };
  if (!metadata) return object(base);
  if (metadata.kind === 's9pk') return object({ ...base, s9pk: metadata.s9pk });
  return object({ ...base, metadata: object({ title: locale(metadata.title), icon: metadata.icon }) });
}

function deviceToJson(device: DeviceFilter): JsonValue {
  return object({
    description: device.description,
    class: device.class,
    product: device.product,
    vendor: device.vendor,
    capabilities: device.capabilities && [...device.capabilities],
    driver: device.driver,
  });
}

/** A localised text as JSON: itself, or an object in the order in which the languages were given. */
export function locale(text: LocaleString): JsonValue {
  return typeof text === 'string' ? text : new Map(text);
}

function object(properties: Record<string, JsonValue>): JsonObject {
  return new Map(Object.entries(properties));
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
