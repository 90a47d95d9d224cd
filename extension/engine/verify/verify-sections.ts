import { BUDGET } from '../budget.ts';
import { readCborManifest } from '../cbor/read-manifest.ts';
import { ARCHITECTURES_03, readImagesSection, SINGLE, stemOf } from '../docker-images/images-section.ts';
import { checkSavedImages, onceForAll } from '../docker-images/saved-images.ts';
import { classOf, type Finding, finding } from '../finding.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { JsonObject } from '../package/json.ts';
import { StageMeter, type Work } from '../progress.ts';
import { hashBody, showHash } from '../sections/body-hash.ts';
import { CONTEXT } from '../sections/header.ts';
import { readSections, type SectionsReading } from '../sections/reader.ts';
import { verifyPrehashed } from '../sign/ed25519ph.ts';
import { readTar } from '../tar/reader.ts';
import { TarError } from '../tar/tar-error.ts';
import type { PackageReport } from './report.ts';
import { checkSigner, type KnownSigner } from './verify.ts';

/** What a manifest of StartOS 0.3 says that other parts of a package are checked against. */
export interface ManifestView {
  /** What is wrong with it; places are JSON pointers. */
  readonly findings: readonly Finding[];
  /** Images that procedures run, with the pointer of one that does. */
  readonly images: ReadonlyMap<string, string>;
  /** Pointers of the procedures that are scripts. */
  readonly scripts: readonly string[];
  /** Ids of the volumes that the package itself fills. */
  readonly assets: readonly string[];
}

/**
 * Judges a manifest. The rules know manifests as text and live with the editor's, in the room above, which hands them in.
 * @param script the module that the package's scripts are, if there is one
 */
export type ExamineManifest = (manifest: JsonObject, script?: string) => ManifestView;

export interface VerifySectionsOptions extends Work {
  readonly knownSigners?: readonly KnownSigner[];
  readonly examine: ExamineManifest;
  readonly onChecked?: ((path: string, isGood: boolean) => void) | undefined;
  /** SHA-512 of a body, for who has a faster way to know it; by default it is worked out. */
  readonly digestOf?: (body: ByteSource, meter: StageMeter) => Promise<Uint8Array>;
}

/** What devices refuse (s9pk-v1 section 6, rule 3), in bytes. */
export const ICON_LIMIT_03 = 102_400;

/**
 * Verifies a package for StartOS 0.3: its table, the signature over the whole body, and every rule of the reference (s9pk-v1 section
 * 6), which devices check again when they install it, in all architectures. Every finding is reported, not the first alone.
 * @throws only failing I/O and the signal's reason.
 */
export async function verifySections(source: ByteSource, options: VerifySectionsOptions): Promise<PackageReport> {
  const reading = await readSections(source);
  const findings: Finding[] = [...reading.findings];
  const { header, body, sections } = reading;
  let hash: string | undefined;
  if (header && body) {
    const digest = await (options.digestOf ?? hashBody)(body, new StageMeter('Hashing', body.size, options));
    const holds = verifyPrehashed(header.signature, digest, header.publicKey, CONTEXT);
    if (holds === 'no') {
      const message = 'the signature does not fit: something behind the table of contents was changed after signing';
      findings.push(finding('signature-invalid', message));
    } else hash = showHash(digest);
    if (holds === 'lenient') {
      const message = 'the key or the signature is of small order: devices take it, but anybody could have made it';
      findings.push(finding('signer-key-weak', message));
    }
    for (const label of sections.keys()) options.onChecked?.(label, holds !== 'no');
  }
  const { manifest, complete, found } = await checkSections(reading, options);
  findings.push(...found);
  const opens = reading.opens && hash !== undefined;
  const signer = opens && header ? checkSigner(header.publicKey, options.knownSigners ?? []) : undefined;
  if (signer) findings.push(signer.finding);
  const text = (key: string) => {
    const value = manifest?.get(key);
    return typeof value === 'string' ? { [key]: value } : {};
  };
  return {
    generation: 1,
    opens,
    // There is one signature over all: what does not fit it does not open.
    intact: opens,
    canonical: opens && !findings.some((item) => classOf(item) === 'canonical'),
    complete: opens && complete,
    ...text('id'),
    ...text('version'),
    ...(opens && header && { publicKey: header.publicKey }),
    ...(signer?.name !== undefined && { signerName: signer.name }),
    ...(hash !== undefined && { hash }),
    findings,
  };
}

/** What is in the sections, as far as they can be read. */
async function checkSections(
  { sections }: SectionsReading,
  options: VerifySectionsOptions,
): Promise<{ manifest?: JsonObject; complete: boolean; found: Finding[] }> {
  const found: Finding[] = [];
  const icon = sections.get('icon');
  if (icon && icon.size > ICON_LIMIT_03) {
    const message = `the icon has ${icon.size} bytes; devices refuse more than ${ICON_LIMIT_03}`;
    found.push(finding('icon-oversize', message, { path: 'icon' }));
  }
  const section = sections.get('manifest');
  const read = section ? await readCborManifest(section) : { findings: [] };
  found.push(...read.findings);
  options.signal?.throwIfAborted();
  const script = await readScript(sections.get('scripts'));
  const view = read.manifest && options.examine(read.manifest, script);
  found.push(...(view?.findings ?? []));
  const [first] = view?.scripts ?? [];
  if (first !== undefined && script === undefined) {
    const message = 'this procedure is a script, and the package holds no scripts: it fails on devices';
    found.push(finding('scripts-absent', message, { path: `${first}/type` }));
  }
  found.push(...(await checkImages(sections.get('docker_images'), read.manifest, view)));
  options.signal?.throwIfAborted();
  found.push(...(await checkAssets(sections.get('assets'), view?.assets ?? [])));
  const complete = read.manifest !== undefined && !found.some(({ severity }) => severity === 'error');
  return { ...(read.manifest && { manifest: read.manifest }), complete, found };
}

async function readScript(section: ByteSource | undefined): Promise<string | undefined> {
  if (!section || section.size === 0) return undefined;
  return section.size > BUDGET.scriptBytes ? '' : new TextDecoder().decode(await section.read(0, section.size));
}

async function checkImages(
  section: ByteSource | undefined,
  manifest: JsonObject | undefined,
  view: ManifestView | undefined,
): Promise<Finding[]> {
  if (!section) return [];
  const { archives, isMulti, findings } = await readImagesSection(section);
  const text = (key: string) => {
    const value = manifest?.get(key);
    return typeof value === 'string' ? value : undefined;
  };
  const expected = { id: text('id'), version: text('version'), used: view?.images ?? new Map<string, string>() };
  const found = [...findings];
  for (const [name, archive] of archives) {
    const arch = ARCHITECTURES_03.find((known) => known === stemOf(name));
    const path = `docker_images/${name}`;
    if (isMulti && arch === undefined)
      found.push(finding('images-stray', `${name} is for no device of StartOS 0.3`, { path }));
    const shown = isMulti || name !== SINGLE ? name : 'the archive of images';
    found.push(...(await checkSavedImages(archive, { name: shown, arch, where: { path } }, expected)));
  }
  return onceForAll(found);
}

/** The reference looks into assets only when it installs them. */
async function checkAssets(section: ByteSource | undefined, volumes: readonly string[]): Promise<Finding[]> {
  if (!section) return [];
  const there = new Set<string>();
  try {
    for await (const { path } of readTar(section)) {
      const top = path.replace(/^\.?\//, '').split('/')[0] ?? '';
      if (volumes.includes(top)) there.add(top);
    }
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    return [finding('image-unreadable', `the assets cannot be read: ${error.message}`, { path: 'assets' })];
  }
  return volumes
    .filter((id) => !there.has(id))
    .map((id) =>
      finding('assets-missing', `there is nothing in the volume "${id}" of assets`, { path: `/volumes/${id}` }),
    );
}
