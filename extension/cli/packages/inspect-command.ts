import { type DirectoryEntry, walk } from '../../engine/archive/entry.ts';
import { compareNames, printableName } from '../../engine/archive/names.ts';
import { type Archive, openArchive } from '../../engine/archive/reader.ts';
import { toHex } from '../../engine/bytes.ts';
import { FindingError } from '../../engine/finding.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { printJson, toRawJson } from '../../engine/package/json.ts';
import { manifestToJson } from '../../engine/package/manifest.ts';
import type { Work } from '../../engine/progress.ts';
import { showHash } from '../../engine/sections/body-hash.ts';
import { type OpenSections, openSections, verifiedHash } from '../../engine/sections/open.ts';
import { commitmentToJson } from '../../engine/sign/commitment.ts';
import { fingerprint, formatPublicKey } from '../../engine/sign/private-key.ts';
import { readVerifiedManifest } from '../../engine/verify/verify.ts';
import { generationOf } from '../../engine/verify/verify-either.ts';
import { aboutFile, UsageError } from '../arguments.ts';
import type { Command, CommandResult } from '../command.ts';

type View = (archive: Archive) => Promise<CommandResult> | CommandResult;
type SectionsView = (opened: OpenSections, work: Work) => Promise<CommandResult> | CommandResult;

const VIEWS: Readonly<Record<string, View>> = {
  async manifest(archive) {
    const { manifest, findings } = await readVerifiedManifest(archive.root, fastestBlake3());
    if (!manifest) throw new FindingError(findings);
    const json = manifestToJson(manifest);
    return { findings: [], data: { manifest: toRawJson(json) }, text: printJson(json, 2) };
  },

  tree({ root }) {
    const entries = [...walk(sorted(root))].map(([path, entry]) => ({
      path: path.map(printableName).join('/'),
      kind: entry.kind,
      ...(entry.kind !== 'directory' && { size: Number(entry.size) }),
    }));
    const lines = entries.map(({ path, kind, size }) => {
      const note = kind === 'missing' ? ' (left out)' : '';
      return kind === 'directory' ? `${path}/` : `${path}  ${formatSize(size ?? 0)}${note}`;
    });
    return { findings: [], data: { entries }, text: lines.join('\n') };
  },

  commitment({ header }) {
    const commitment = commitmentToJson(header);
    return { findings: [], data: { commitment }, text: JSON.stringify(commitment) };
  },

  signer: ({ header: { publicKey } }) => showSigner(publicKey),

  hash() {
    throw new UsageError('packages for StartOS 0.4 have a commitment instead of a hash: s9pk inspect commitment FILE');
  },
};

/** The same about packages for StartOS 0.3. */
const SECTIONS_VIEWS: Readonly<Record<string, SectionsView>> = {
  manifest: ({ manifest }) => ({
    findings: [],
    data: { manifest: toRawJson(manifest) },
    text: printJson(manifest, 2),
  }),

  tree({ sections }) {
    const entries = [...sections].map(([path, { size }]) => ({ path, kind: 'file', size }));
    const lines = entries.map(({ path, size }) => `${path}  ${formatSize(size)}`);
    return { findings: [], data: { entries }, text: lines.join('\n') };
  },

  commitment() {
    throw new UsageError('packages for StartOS 0.3 have a hash instead of a commitment: s9pk inspect hash FILE');
  },

  signer: ({ header: { publicKey } }) => showSigner(publicKey),

  /** As start-sdk shows it, and only if the signature holds. */
  async hash(opened, work) {
    const hash = showHash(await verifiedHash(opened, work));
    return { findings: [], data: { hash }, text: hash };
  },
};

function showSigner(publicKey: Uint8Array): CommandResult {
  const signer = {
    publicKey: toHex(publicKey),
    fingerprint: fingerprint(publicKey),
    pem: formatPublicKey(publicKey),
  };
  return {
    findings: [],
    data: { signer },
    text: `${signer.publicKey}\nfingerprint ${signer.fingerprint}\n${signer.pem.trimEnd()}`,
  };
}

function viewOf<T>(views: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return Object.hasOwn(views, name ?? '') ? views[name ?? ''] : undefined;
}

export const inspectCommand: Command = {
  usage: 's9pk inspect manifest|tree|commitment|hash|signer FILE',
  summary: 'Show one thing about a package; its signature and tables are checked, other contents are not read',
  maxArguments: 2,
  options: {},
  help: {},
  async run({ positionals: [name, file], signal, onProgress }) {
    const show = viewOf(VIEWS, name);
    const showSections = viewOf(SECTIONS_VIEWS, name);
    if (!show || !showSections || file === undefined)
      throw new UsageError(`inspect takes one of ${Object.keys(VIEWS).join(', ')}, and a FILE`);
    await using source = await FileSource.open(file);
    return await aboutFile(file, async () =>
      (await generationOf(source)) === 1
        ? showSections(await openSections(source), { signal, onProgress })
        : show(await openArchive(source, { blake3: fastestBlake3() })),
    );
  },
};

/** The same tree with every directory's names in byte order, for people to read. */
function sorted(directory: DirectoryEntry): DirectoryEntry {
  const children = [...directory.children].sort(([a], [b]) => compareNames(a, b));
  return {
    ...directory,
    children: new Map(children.map(([name, entry]) => [name, entry.kind === 'directory' ? sorted(entry) : entry])),
  };
}
