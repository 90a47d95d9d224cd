import { dirname, extname, resolve } from 'node:path';
import { encodeManifest1 } from '../cbor/manifest-record.ts';
import { type Finding, FindingError, finding, hasErrors, inFile } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { type ByteSource, readPassing } from '../io/byte-source.ts';
import { FileSource } from '../io/file-source.ts';
import { Staging } from '../io/staging.ts';
import { whileUnchanged } from '../io/while-unchanged.ts';
import { checkReplaced } from '../pack/check-replaced.ts';
import { findSigner } from '../pack/find-signer.ts';
import { secretsInFiles } from '../pack/secrets.ts';
import { fileSection } from '../pack-sections/assets-section.ts';
import { writeVerifiedSections } from '../pack-sections/write-verified-sections.ts';
import { isObject, type JsonObject, printJson } from '../package/json.ts';
import type { Work } from '../progress.ts';
import type { SectionLabel } from '../sections/header.ts';
import { type OpenSections, openSections, verifiedHash } from '../sections/open.ts';
import { bytesSection, type SectionContent, type SectionContents } from '../sections/writer.ts';
import { findKey03, type StoredKey } from '../sign/key-store.ts';
import type { PackageReport } from '../verify/report.ts';
import type { ExamineManifest } from '../verify/verify-sections.ts';
import type { ReplacedFiles } from './edit-package.ts';
import { changeManifest, type ManifestChange } from './manifest-changes.ts';

export interface EditSectionsOptions extends Work {
  /** The package. */
  readonly file: string;
  /** Where the edited package goes; by default it takes the place of the package. */
  readonly output?: string | undefined;
  readonly changes: readonly ManifestChange[];
  readonly files?: ReplacedFiles | undefined;
  /** File of the signing key; by default the one that packing takes. */
  readonly key?: string | undefined;
  readonly examine: ExamineManifest;
  readonly blake3: Blake3;
}

/** A package for StartOS 0.3 that was changed, written and verified. */
export interface EditedSections {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly report: PackageReport;
  readonly signer: StoredKey;
}

/**
 * Changes the manifest of a package for StartOS 0.3, its licence, instructions or icon, and signs it anew; images, assets and
 * scripts are taken over byte by byte. Nothing of the kind is in the reference. Its signature must hold before: what was changed
 * since must not be signed with another key. The package keeps its name and bytes until the edited one is complete and verified.
 * @throws failing I/O and the signal's reason; what is wrong with the package or the changes are findings.
 */
export async function editSections(
  options: EditSectionsOptions,
): Promise<{ findings: readonly Finding[]; made?: EditedSections }> {
  const findings: Finding[] = [];
  try {
    await using source = await FileSource.open(options.file);
    return await whileUnchanged(source, async () => {
      const opened = await openSections(source);
      await verifiedHash(opened, options);
      const inputs = { checkInputs: () => source.checkUnchanged(), closeInputs: () => source.close() };
      return { findings, made: await edit(opened, { ...options, ...inputs }, findings) };
    });
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return { findings: inFile(options.file, findings, error.findings) };
  }
}

async function edit(
  opened: OpenSections,
  options: EditSectionsOptions & { checkInputs: () => Promise<void>; closeInputs: () => Promise<void> },
  findings: Finding[],
): Promise<EditedSections> {
  const output = resolve(options.output ?? options.file);
  const signer = await findSigner(dirname(resolve(options.file)), options.key, findKey03, findings);
  if (!signer) throw new FindingError([]);
  findings.push(...(await checkReplaced(output, signer)));
  const { files = {} } = options;
  const given = Object.values(files).filter((path) => path !== undefined);
  findings.push(...(await secretsInFiles(given, signer.key)));
  const manifest = edited(opened, options);
  findings.push(...options.examine(manifest).findings);
  if (hasErrors(findings)) throw new FindingError([]);
  const contents = await contentsOf(opened, manifest, files);
  await using staging = await Staging.beside(output);
  const { size, report } = await writeVerifiedSections(contents, { ...options, signer, staging });
  return { path: staging.target, size, report, signer };
}

function edited({ manifest }: OpenSections, { changes, files = {} }: EditSectionsOptions): JsonObject {
  const all = [...changes];
  // An icon has no name in a package: devices know its type by the one in the manifest.
  if (files.icon !== undefined) all.push({ path: '/assets/icon', value: `icon${extname(files.icon).toLowerCase()}` });
  const changed = changeManifest(manifest, all);
  if (isObject(changed)) return changed;
  throw new FindingError([finding('edit-pointer', `the manifest cannot become ${printJson(changed)}`, { path: '' })]);
}

async function contentsOf(opened: OpenSections, manifest: JsonObject, files: ReplacedFiles): Promise<SectionContents> {
  const as = async (label: SectionLabel, replaced?: string): Promise<SectionContent> => {
    if (replaced !== undefined) return fileSection(resolve(replaced));
    const section = opened.sections.get(label);
    if (section) return taken(section);
    throw new FindingError([finding('section-missing', `the package has no section "${label}"`, { path: label })]);
  };
  return {
    // What was not changed stays byte by byte, whoever wrote it.
    manifest: manifest === opened.manifest ? await as('manifest') : bytesSection(encodeManifest1(manifest)),
    license: await as('license', files.license),
    instructions: await as('instructions', files.instructions),
    icon: await as('icon', files.icon),
    docker_images: await as('docker_images'),
    assets: await as('assets'),
    scripts: opened.sections.has('scripts') ? await as('scripts') : undefined,
  };
}

function taken(section: ByteSource): SectionContent {
  return { size: section.size, chunks: () => readPassing(section) };
}
