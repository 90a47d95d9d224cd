import { type Finding, finding } from '../../engine/finding.ts';
import type { FindingCode } from '../../engine/finding-codes.ts';
import { pointer, pointerSegments } from '../../engine/json/json-pointer.ts';
import { isObject, type JsonValue } from '../../engine/package/json.ts';
import { parseManifest } from '../../engine/package/parse-manifest.ts';
import {
  fieldOf,
  formerNameOf,
  isChanging,
  isDescribed,
  requiredBySdk,
  sdkDoes,
  sdkHas,
} from '../../engine/upstream/lookup.ts';
import type { ManifestObject } from '../../engine/upstream/table.ts';
import type { Version } from '../../engine/versions/exver.ts';
import {
  child,
  type DataNode,
  type DataProperty,
  hasUnknown,
  isUnknownAt,
  keysOf,
  nodeAt,
  propertyOf,
  stringOf,
} from '../meaning/data-tree.ts';
import { VERSION_KEYS } from '../meaning/locate.ts';
import { toJson } from '../meaning/plain-value.ts';
import type { World } from '../meaning/worlds.ts';
import { checkLicense } from '../spdx.ts';
import { fillIn } from './fill-in.ts';
import type { Sdk } from './sdk.ts';

/** The languages that StartOS itself speaks. */
export const LANGUAGES = ['en_US', 'de_DE', 'es_ES', 'fr_FR', 'pl_PL'] as const;

/**
 * The rules of 0.4 manifests: those that packing and verifying use, and what only the text of a wrapper can break.
 * @param usesSdk whether start-sdk turns it into the manifest that is packed (TypeScript)
 */
export function checkRules04(world: World, usesSdk: boolean, sdk: Sdk | undefined): Finding[] {
  if (!isDescribed(sdk?.version)) {
    const message = `start-sdk ${sdk?.text} is from before what is described here, so this manifest is not checked`;
    return [finding('sdk-unknown', message, { path: '' })];
  }
  const { manifest, version } = world;
  const value = usesSdk ? fillIn(manifest, version, sdk) : toJson(manifest);
  const findings = parseManifest(value, { isTyped: true })
    .findings.filter((found) => applies(found, world, usesSdk, sdk))
    .map((found) => (isDropped(found, sdk) ? droppedKey(found) : found));
  return [...findings, ...new WrapperRules(world, usesSdk, sdk).check()];
}

/** Rules that look at a key or at one value, not at what is below. */
const ABOUT_ONE_THING: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'manifest-missing-key',
  'manifest-unknown-key',
  'manifest-package-repo',
  'manifest-id',
  'manifest-kept',
]);

/** Whether a finding of the current reference's rules holds for this text and its SDK. */
function applies(
  { code, where }: Finding,
  { manifest, version }: World,
  usesSdk: boolean,
  sdk: Sdk | undefined,
): boolean {
  const path = where.path ?? '';
  const segments = pointerSegments(path);
  const [first = ''] = segments;
  const isOfVersion = usesSdk && VERSION_KEYS.includes(first);
  if (isOfVersion && (!version || isUnknownAt(version, path))) return false;
  if (!isOfVersion && isUnknownAt(manifest, path)) return false;
  const node = nodeAt(isOfVersion && version ? version : manifest, path);
  // A rule about a whole cannot be asked while a part of it is unknown.
  if (!ABOUT_ONE_THING.has(code) && node && hasUnknown(node)) return false;
  if (code === 'manifest-missing-key' && node?.kind === 'object' && node.isOpen) return false;
  if (code === 'manifest-package-repo')
    return sdkHas(sdk?.version, '', 'packageRepo') && !(manifest.kind === 'object' && manifest.isOpen);
  // What images need depends on hardwareRequirements.arch.
  if (code === 'manifest-emulate') {
    const image = nodeAt(manifest, path.split('/').slice(0, 3).join('/'));
    if (isUnknownAt(manifest, '/hardwareRequirements/arch') || (image && hasUnknown(image))) return false;
    // In a TypeScript wrapper this is about the set of all images.
    if (usesSdk && hasUnknown(child(manifest, 'images') ?? manifest)) return false;
  }
  if (code === 'manifest-unknown-key') {
    if (path === '/$schema') return false;
  }
  if (first === 'hardwareRequirements' && !sdkDoes(sdk?.version, 'deviceFilters')) {
    if (code === 'manifest-missing-key' || code === 'manifest-unknown-key') return false;
  }
  return true;
}

/** `hardwareRequirements.arch` as the SDK fills it in. */
function nodeArch(filled: JsonValue): JsonValue[] | undefined {
  const hardware = isObject(filled) ? filled.get('hardwareRequirements') : undefined;
  const arch = isObject(hardware) ? hardware.get('arch') : undefined;
  return Array.isArray(arch) ? arch : undefined;
}

/** Image references as container engines take them: host, path, tag, digest. */
function isReference(text: string): boolean {
  return /^(?:[A-Za-z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(
    text,
  );
}

function isTrue(node: DataNode | undefined): boolean {
  return node?.kind === 'value' && node.value === true;
}

/** A key that the wrapper's SDK still takes and packers do not read any more. */
function isDropped({ code, where }: Finding, sdk: Sdk | undefined): boolean {
  const [key = '', ...more] = pointerSegments(where.path ?? '');
  return (
    code === 'manifest-unknown-key' &&
    more.length === 0 &&
    isChanging('', key) &&
    sdk !== undefined &&
    sdkHas(sdk.version, '', key)
  );
}

function droppedKey({ message, where }: Finding): Finding {
  return finding('manifest-key-dropped', message.replace('has no effect', 'is left out when packing'), where);
}

class WrapperRules {
  private readonly findings: Finding[] = [];
  private readonly root: DataNode;
  private readonly usesSdk: boolean;
  private readonly sdk: Sdk | undefined;
  private readonly shadowed: DataProperty | undefined;
  /** The dependencies come from code. */
  private readonly isInCode: boolean;

  constructor({ manifest, shadowedDependencies, dependenciesInCode }: World, usesSdk: boolean, sdk: Sdk | undefined) {
    this.root = manifest;
    this.isInCode = dependenciesInCode !== undefined;
    this.usesSdk = usesSdk;
    this.sdk = sdk;
    this.shadowed = shadowedDependencies;
  }

  check(): Finding[] {
    if (this.usesSdk) this.checkKeys();
    this.findings.push(...checkLicense(stringOf(child(this.root, 'license'))));
    this.checkImages();
    this.checkCommonArch();
    this.checkDependencies();
    this.checkLocales(child(this.root, 'description'), '/description', ['short', 'long']);
    const volumes = child(this.root, 'volumes');
    if (volumes?.kind === 'array' && volumes.items.length === 0 && !volumes.isOpen)
      this.report('manifest-no-volumes', '/volumes', 'there is no volume, so the service keeps nothing');
    return this.findings;
  }

  private get version(): Version | undefined {
    return this.sdk?.version;
  }

  private report(code: Finding['code'], path: string, message: string): void {
    this.findings.push(finding(code, message, { path }));
  }

  /** Keys of other versions of the SDK, and keys that the SDK overwrites. */
  private checkKeys(): void {
    for (const key of keysOf(this.root)) {
      const path = pointer('', key);
      if (VERSION_KEYS.includes(key))
        this.report(
          'manifest-ignored',
          path,
          `"${key}" has no effect here: it comes from the current version in startos/versions`,
        );
      else if (['canMigrateTo', 'canMigrateFrom', 'gitHash', 'sdkVersion'].includes(key))
        this.report('manifest-ignored', path, `"${key}" has no effect here: the SDK sets it`);
      else this.checkSince('', '', key);
    }
    if (this.isInCode) this.checkDoubled(child(this.root, 'dependencies'));
    if (this.shadowed)
      this.report(
        'manifest-ignored',
        '/dependencies',
        '"dependencies" has no effect here: startos/dependencies.ts is what buildManifest is given',
      );
    const arch = nodeAt(this.root, '/hardwareRequirements/arch');
    if (arch && sdkDoes(this.version, 'archFromImages'))
      this.report(
        'manifest-ignored',
        '/hardwareRequirements/arch',
        '"arch" has no effect here: the SDK sets it from the images',
      );
    const isOpen = this.root.kind === 'object' && this.root.isOpen;
    for (const key of requiredBySdk(this.version)) {
      if (!isOpen && !propertyOf(this.root, key)) this.report('manifest-missing-key', '', `"${key}" is missing`);
    }
  }

  private checkDoubled(dependencies: DataNode | undefined): void {
    const ids = keysOf(dependencies);
    for (const id of new Set(ids.filter((key, index) => ids.indexOf(key) !== index)))
      this.report(
        'manifest-duplicate-key',
        pointer('/dependencies', id),
        `the dependency "${id}" is added twice; the SDK refuses that`,
      );
  }

  /** A key that only later SDKs have; those of earlier ones are unknown to the current rules anyway. */
  private checkSince(object: ManifestObject, at: string, key: string): void {
    const since = fieldOf(object, key)?.sdk?.since;
    if (since === undefined || sdkHas(this.version, object, key) || !sdkHas(undefined, object, key)) return;
    const former = formerNameOf(object, key);
    const isKnown = former !== undefined && sdkHas(this.version, object, former);
    let hint = isKnown ? `write "${former}", or update the SDK` : 'update the SDK';
    if (isKnown && former === 'emulateMissingAs') {
      const value = nodeAt(this.root, pointer(at, key));
      // The two do not take the same values: emulated is what an image is that says nothing.
      const isOff = value?.kind === 'value' && value.value === false;
      hint = isOff
        ? 'write "emulateMissingAs": null, or update the SDK'
        : 'leave it out, it is so anyway, or update the SDK';
    }
    this.report(
      'manifest-key-later',
      pointer(at, key),
      `start-sdk ${this.sdk?.text} does not know "${key}" yet (${since} does): ${hint}`,
    );
  }

  /** `emulateMissingAs` where the SDK has `emulateMissing`, which is true unless it is written. */
  private checkEmulation(path: string, image: DataNode): void {
    const former = child(image, 'emulateMissingAs');
    // Of an SDK that is not known it cannot be said that it is too new.
    if (!former || former.kind === 'unknown' || !this.sdk || sdkHas(this.version, 'image', 'emulateMissingAs')) return;
    const isEmulated = stringOf(former) !== undefined;
    const message = isEmulated
      ? '"emulateMissingAs" was replaced by "emulateMissing" in start-sdk 3.0.0, which is true if it is left out'
      : '"emulateMissingAs" was replaced in start-sdk 3.0.0: write "emulateMissing": false, or the image is emulated';
    this.report('manifest-key-former', `${path}/emulateMissingAs`, message);
  }

  private checkImages(): void {
    const required = nodeAt(this.root, '/hardwareRequirements/arch');
    const wanted = required?.kind === 'array' && !required.isOpen ? required.items.map(stringOf) : undefined;
    const images = child(this.root, 'images');
    for (const id of keysOf(images)) {
      const path = pointer('/images', id);
      const image = child(images, id);
      if (image?.kind !== 'object') continue;
      if (this.usesSdk) {
        for (const key of keysOf(image)) this.checkSince('image', path, key);
        this.checkEmulation(path, image);
      }
      const source = child(image, 'source');
      if (stringOf(source) === 'packed')
        this.report(
          'manifest-packed',
          `${path}/source`,
          'the source "packed" is for finished packages: the image must be given when packing',
        );
      const tag = stringOf(child(source, 'dockerTag'));
      if (tag !== undefined && !isReference(tag)) {
        this.report(
          'manifest-image-tag',
          `${path}/source/dockerTag`,
          `"${tag}" is no reference of an image: lower-case names, then perhaps :TAG or @sha256:DIGEST`,
        );
        continue;
      }
      if (tag !== undefined && (!/[:@][^/]*$/.test(tag) || tag.endsWith(':latest')))
        this.report(
          'manifest-moving-tag',
          `${path}/source/dockerTag`,
          `"${tag}" moves: name a version, so that the package can be made again`,
        );
      const arch = child(image, 'arch');
      if (this.usesSdk && !arch && !image.isOpen)
        this.report(
          'manifest-arch-default',
          path,
          '"arch" is left out, so the image is made for x86_64, aarch64 and riscv64',
        );
      if (arch?.kind !== 'array') continue;
      this.checkRequired(path, image, arch.items.map(stringOf), wanted);
      if (arch.items.length === 0 && !arch.isOpen)
        this.report('manifest-arch', `${path}/arch`, 'the image is made for no architecture');
      for (const [index, item] of arch.items.entries()) {
        const name = stringOf(item);
        const isEmulated =
          name === stringOf(child(image, 'emulateMissingAs')) || isTrue(child(image, 'emulateMissing'));
        if (wanted && name !== undefined && !wanted.includes(name) && !isEmulated && !this.usesSdk)
          this.report(
            'manifest-arch-unused',
            `${path}/arch/${index}`,
            `${name} is not in hardwareRequirements.arch, so this image is for nobody`,
          );
      }
    }
  }

  /** Images that are not emulated, and have no architecture in common, make a package for no device. */
  private checkCommonArch(): void {
    const images = child(this.root, 'images');
    if (!this.usesSdk || !images || hasUnknown(images)) return;
    const arch = nodeArch(fillIn(this.root, undefined, this.sdk));
    if (arch?.length === 0)
      this.report(
        'arch-unsupported',
        '/images',
        'the images that are not emulated have no architecture in common, so the package is for no device',
      );
  }

  /** Each architecture that the package is for needs an image, its own or one to emulate (s9pk-v2 section 4.3). */
  private checkRequired(
    path: string,
    image: DataNode,
    own: readonly (string | undefined)[],
    wanted: readonly (string | undefined)[] | undefined,
  ): void {
    if (this.usesSdk || !wanted || own.length === 0 || hasUnknown(image)) return;
    const emulated = stringOf(child(image, 'emulateMissingAs'));
    const missing = wanted.filter((name) => !own.includes(name));
    if (missing.length === 0 || (emulated !== undefined && own.includes(emulated))) return;
    if (isTrue(child(image, 'emulateMissing'))) return;
    const message = `hardwareRequirements.arch wants ${missing.join(', ')}, for which there is no image and none to emulate`;
    this.report('manifest-emulate', path, message);
  }

  private checkDependencies(): void {
    const dependencies = child(this.root, 'dependencies');
    for (const id of keysOf(dependencies)) {
      const path = pointer('/dependencies', id);
      const dependency = child(dependencies, id);
      if (dependency?.kind !== 'object') continue;
      if (this.usesSdk && !this.isInCode)
        for (const key of keysOf(dependency)) this.checkSince('dependency', path, key);
      if (this.isInCode) this.checkInCode(path, dependency);
      this.checkLocales(dependency, path, ['description']);
      const has = (key: string) => child(dependency, key) !== undefined;
      if (!has('metadata') && !has('s9pk') && !dependency.isOpen)
        this.report(
          'dependency-metadata',
          path,
          `${id} has no metadata, so users will see neither its title nor its icon`,
        );
    }
  }

  /** What the SDK's classes refuse when the bundle is loaded, so that no manifest can be had of it. */
  private checkInCode(path: string, dependency: DataNode): void {
    if (dependency.kind !== 'object' || dependency.isOpen) return;
    for (const key of ['versionRange', 'kind', 'metadata'])
      if (!propertyOf(dependency, key)) this.report('manifest-missing-key', path, `"${key}" is missing`);
  }

  private checkLocales(node: DataNode | undefined, path: string, keys: readonly string[]): void {
    for (const key of keys) {
      const texts = child(node, key);
      if (texts?.kind !== 'object' || texts.isOpen || texts.properties.length === 0) continue;
      const missing = LANGUAGES.filter((tag) => !propertyOf(texts, tag));
      if (missing.length > 0)
        this.report(
          'manifest-locale-missing',
          pointer(path, key),
          `there is no text in ${missing.join(', ')}; devices show another language instead`,
        );
    }
  }
}
