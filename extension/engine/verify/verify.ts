import { checkContent, digestContent } from '../archive/content.ts';
import { type DirectoryEntry, type FileEntry, lookUp, walk } from '../archive/entry.ts';
import { printablePath } from '../archive/names.ts';
import { type ArchiveReading, type ReadOptions, readArchive } from '../archive/reader.ts';
import { BUDGET } from '../budget.ts';
import { decodeUtf8, equalBytes, toHex } from '../bytes.ts';
import { classOf, type Finding, finding, hasErrors } from '../finding.ts';
import type { FindingClass } from '../finding-codes.ts';
import { FindingList } from '../finding-list.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { type ParsedJson, parseJson } from '../package/json.ts';
import type { Manifest } from '../package/manifest.ts';
import { checkPackage } from '../package/package-rules.ts';
import { parseManifest } from '../package/parse-manifest.ts';
import { StageMeter, type Work } from '../progress.ts';
import { fingerprint } from '../sign/private-key.ts';

/** A public key that the user trusts, and what they call it. */
export interface KnownSigner {
  readonly publicKey: Uint8Array;
  readonly name: string;
}

export interface VerifyOptions extends ReadOptions, Work {
  readonly knownSigners?: readonly KnownSigner[];
  /** Hears of every file as soon as its bytes were compared with their hash. */
  readonly onChecked?: ((path: string, isGood: boolean) => void) | undefined;
}

/** The answers of a verification; each rests only on the finding classes it names. */
export interface VerifyReport {
  readonly archive: ArchiveReading;
  /** The reference opens it: no `format` or `broken` finding. */
  readonly opens: boolean;
  /** It opens and every file in it has its signed bytes: no `content` finding. */
  readonly intact: boolean;
  /** A packer writes it exactly so: no `canonical` finding. */
  readonly canonical: boolean;
  /** It opens, its manifest is good and every file a package must hold is there. */
  readonly complete: boolean;
  readonly manifest?: Manifest;
  /** Name of the known signer, if the signature holds and the key is a known one. */
  readonly signerName?: string;
  readonly findings: readonly Finding[];
}

/**
 * Verifies everything about an archive and reports all findings (s9pk-v2 sections 1 to 5). Whether the signer is
 * trusted is a question apart from whether the archive is intact: an unknown signer is information, not an error.
 * @throws only failing I/O and the signal's reason.
 */
export async function verifyPackage(source: ByteSource, options: VerifyOptions): Promise<VerifyReport> {
  const archive = await readArchive(source, options);
  let findings = [...archive.findings];
  const { root, header } = archive;
  const damaged = root ? await checkContents(root, options) : [];
  findings = findings.concat(damaged);

  // With a broken signature the tree is still what its own hashes say; with a broken table it is not even that.
  const isTreeWhole = !archive.findings.some((found) => found.code.startsWith('table-') && classOf(found) === 'broken');
  let manifest: Manifest | undefined;
  if (root && isTreeWhole) {
    const isManifestIntact = !damaged.some((found) => found.where.path === 'manifest.json');
    if (isManifestIntact) {
      const parsed = toManifest(await readManifestJson(root));
      findings = findings.concat(parsed.findings);
      manifest = parsed.manifest;
    }
    findings = findings.concat(checkPackage(root, manifest));
  }

  const lacks = (...classes: FindingClass[]) =>
    !findings.some((found) => found.severity === 'error' && classes.includes(classOf(found)));
  const opens = archive.opens;
  const signer = opens && header ? checkSigner(header.publicKey, options.knownSigners ?? []) : undefined;
  if (signer) findings.push(signer.finding);
  return {
    archive,
    opens,
    intact: opens && lacks('content'),
    canonical: opens && !findings.some((found) => classOf(found) === 'canonical'),
    complete: opens && manifest !== undefined && lacks('content', 'package', 'manifest'),
    ...(manifest && { manifest }),
    ...(signer?.name !== undefined && { signerName: signer.name }),
    findings,
  };
}

/** Hashes every file, the small ones first, so that most answers come early. */
async function checkContents(root: DirectoryEntry, options: VerifyOptions): Promise<Finding[]> {
  const files: { path: string; file: FileEntry }[] = [];
  for (const [segments, entry] of walk(root)) {
    const path = printablePath(segments);
    if (entry.kind === 'file') files.push({ path, file: entry });
  }
  files.sort((a, b) => a.file.content.size - b.file.content.size);
  const meter = new StageMeter(
    'Hashing',
    files.reduce((sum, { file }) => sum + file.content.size, 0),
    options,
  );
  const findings = new FindingList();
  for (const { path, file } of files) {
    const problem = checkContent(file, path, await digestContent(file.content, options.blake3, meter));
    if (problem) findings.add(problem);
    options.onChecked?.(path, problem === undefined);
  }
  return findings.all();
}

/**
 * The manifest of an opened archive after its bytes were compared with their hash.
 * @returns no manifest, and why, if it is missing, damaged or not a manifest.
 */
export async function readVerifiedManifest(
  root: DirectoryEntry,
  blake3: Blake3,
): Promise<{ manifest?: Manifest; findings: readonly Finding[] }> {
  return toManifest(await readVerifiedManifestJson(root, blake3));
}

/** The same as JSON, for those who change it before it becomes a manifest. */
export async function readVerifiedManifestJson(root: DirectoryEntry, blake3: Blake3): Promise<ParsedJson> {
  const entry = lookUp(root, 'manifest.json');
  if (entry?.kind !== 'file') return { findings: checkPackage(root, undefined) };
  const problem = checkContent(entry, 'manifest.json', await digestContent(entry.content, blake3));
  return problem ? { findings: [problem] } : readManifestJson(root);
}

/** The JSON of an archive's manifest; findings about it have the place `manifest.json` or a JSON pointer. */
async function readManifestJson(root: DirectoryEntry): Promise<ParsedJson> {
  const entry = lookUp(root, 'manifest.json');
  if (entry?.kind !== 'file') return { findings: [] };
  if (entry.content.size > BUDGET.manifestBytes) {
    const message = `manifest.json has ${entry.content.size} bytes; more than ${BUDGET.manifestBytes} are not read`;
    return { findings: [finding('manifest-json', message, { path: 'manifest.json' })] };
  }
  const text = decodeUtf8(await readAll(entry.content, BUDGET.manifestBytes));
  if (text === undefined) {
    return { findings: [finding('manifest-json', 'manifest.json is not UTF-8', { path: 'manifest.json' })] };
  }
  const { value, findings } = parseJson(text, 'exact');
  // Lines of the packed manifest, which is one line, help nobody; the messages name them.
  const placed = findings.map((found) => ({ ...found, where: { path: found.where.path ?? 'manifest.json' } }));
  return { ...(value !== undefined && { value }), findings: placed };
}

function toManifest(json: ParsedJson): { manifest?: Manifest; findings: readonly Finding[] } {
  if (json.value === undefined) return { findings: json.findings };
  const parsed = parseManifest(json.value, { keepUnknown: true });
  const findings = [...json.findings, ...parsed.findings];
  return !hasErrors(json.findings) && parsed.manifest ? { manifest: parsed.manifest, findings } : { findings };
}

/** Whether a signer is known, which is a question apart from whether the signature holds. */
export function checkSigner(publicKey: Uint8Array, known: readonly KnownSigner[]): { finding: Finding; name?: string } {
  const signer = known.find((candidate) => equalBytes(candidate.publicKey, publicKey));
  if (signer) {
    return {
      finding: finding('signer-known', `signed by ${signer.name} (${fingerprint(publicKey)})`),
      name: signer.name,
    };
  }
  const message = `signed by an unknown key, ${toHex(publicKey)}; compare it with the publisher's before you trust it`;
  return { finding: finding('signer-unknown', message) };
}
