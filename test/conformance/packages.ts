import { directory } from '../../extension/engine/archive/entry.ts';
import { HEADER_SIZE } from '../../extension/engine/archive/header.ts';
import { openArchive } from '../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../extension/engine/archive/writer.ts';
import { concatBytes } from '../../extension/engine/bytes.ts';
import type { FindingCode } from '../../extension/engine/finding-codes.ts';
import { MemorySink } from '../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { archiveBytes, blake3, file, type Tree } from '../support/archives.ts';
import { goodManifest, validPackage } from '../support/packages.ts';
import type { ConformanceCase } from './case.ts';

/** What verifying has to answer. */
export interface Expected {
  readonly opens: boolean;
  readonly intact: boolean;
  readonly canonical: boolean;
  readonly complete: boolean;
  /** Codes of all findings but information, sorted, each once. */
  readonly codes: readonly FindingCode[];
}

export const GOOD: Expected = { opens: true, intact: true, canonical: true, complete: true, codes: [] };
export const CLOSED: Omit<Expected, 'codes'> = { opens: false, intact: false, canonical: false, complete: false };

/** A complete package with some of its files replaced or removed. */
const changed = (changes: Readonly<Record<string, Tree[string] | undefined>>) => archiveBytes(validPackage(changes));
const withManifest = (changes: object) => changed({ 'manifest.json': JSON.stringify({ ...goodManifest, ...changes }) });
const flipped = (bytes: Uint8Array, position: number) => bytes.with(position, (bytes[position] ?? 0) ^ 1);

/** The same signed package with one file left out, as a partial archive. */
async function partial(name: string): Promise<Uint8Array> {
  const { header, root } = await openArchive(new MemorySource(await archiveBytes(validPackage())), { blake3 });
  const children = [...root.children].map(([key, entry]) =>
    key === name && entry.kind === 'file'
      ? ([key, { kind: 'missing', hash: entry.hash, size: entry.size }] as const)
      : ([key, entry] as const),
  );
  const sink = new MemorySink();
  await writeArchive(directory(children), sink, { blake3, signer: { keep: header }, order: 'priority' });
  return sink.bytes();
}

/** Packages for StartOS 0.4: archives, and the rules that one has to keep to. */
export async function packageCases(): Promise<ConformanceCase[]> {
  const good = await archiveBytes(validPackage());
  const incomplete = (...codes: FindingCode[]): Expected => ({ ...GOOD, complete: false, codes });
  const closed = (...codes: FindingCode[]): Expected => ({ ...CLOSED, codes });
  const list: [name: string, about: string, expected: Expected, bytes: Uint8Array | Promise<Uint8Array>][] = [
    ['complete', 'a complete package in priority order', GOOD, good],
    ['name-order', 'the same in name order', GOOD, archiveBytes(validPackage(), 'name')],
    ['empty_fail', 'an empty file', closed('file-empty'), new Uint8Array(0)],
    ['zip_fail', 'a ZIP file', closed('not-s9pk'), new TextEncoder().encode('PK\u0003\u0004')],
    [
      'version-1_fail',
      'a version 1 s9pk without a table',
      closed('section-missing', 'signer-key-weak'),
      concatBytes(Uint8Array.of(0x3b, 0x3b, 1), new Uint8Array(200)),
    ],
    ['version-3_fail', 'an unknown version', closed('version-unknown'), good.with(2, 3)],
    ['cut-in-header_fail', 'the file ends inside the header', closed('header-truncated'), good.subarray(0, 100)],
    [
      'cut-in-table_fail',
      'the file ends inside the root table',
      closed('table-out-of-range'),
      good.subarray(0, HEADER_SIZE + 20),
    ],
    [
      'cut-in-content_fail',
      'the last byte is missing',
      { ...GOOD, intact: false, complete: false, codes: ['content-out-of-range'] },
      good.subarray(0, -1),
    ],
    ['signature_fail', 'one bit of the signature is flipped', closed('signature-invalid'), flipped(good, 40)],
    ['signer_fail', 'one bit of the public key is flipped', closed('signature-invalid'), flipped(good, 4)],
    [
      'root-hash_fail',
      'one bit of the root hash is flipped',
      closed('signature-invalid', 'table-hash'),
      flipped(good, 100),
    ],
    [
      'name-in-table_fail',
      'one bit of a name in the root table is flipped',
      closed('table-hash'),
      flipped(good, HEADER_SIZE + 3),
    ],
    [
      'content_fail',
      'one bit of the last file is flipped',
      { ...GOOD, intact: false, complete: false, codes: ['content-hash'] },
      flipped(good, good.length - 1),
    ],
    [
      'trailing',
      'bytes after the end',
      { ...GOOD, canonical: false, codes: ['trailing-bytes'] },
      concatBytes(good, new Uint8Array(3)),
    ],
    ['partial-icon_fail', 'the icon was left out of a signed package', incomplete('icon-missing'), partial('icon.svg')],
    ['no-icon_fail', 'no icon', incomplete('icon-missing'), changed({ 'icon.svg': undefined })],
    ['two-icons_fail', 'two icons', incomplete('icon-several'), changed({ 'icon.png': 'png' })],
    [
      'hidden-icon_fail',
      'an icon that devices do not find',
      { ...incomplete('file-unexpected', 'icon-hidden') },
      changed({ 'icon-dark.png': 'x' }),
    ],
    ['no-licence_fail', 'no licence', incomplete('file-missing'), changed({ 'LICENSE.md': undefined })],
    [
      'no-instructions',
      'no instructions',
      { ...GOOD, codes: ['instructions-missing'] },
      changed({ 'instructions.md': undefined }),
    ],
    ['no-image_fail', 'no image for the only architecture', incomplete('file-missing'), changed({ images: undefined })],
    [
      'unexpected-file',
      'a file that does not belong into a package',
      { ...GOOD, codes: ['file-unexpected'] },
      changed({ 'notes.txt': 'x' }),
    ],
    ['no-manifest_fail', 'no manifest', incomplete('file-missing'), changed({ 'manifest.json': undefined })],
    [
      'manifest-not-json_fail',
      'a manifest that is not JSON',
      incomplete('manifest-json'),
      changed({ 'manifest.json': '{' }),
    ],
    [
      'manifest-bom_fail',
      'a manifest with a byte order mark',
      incomplete('manifest-json'),
      changed({ 'manifest.json': '\ufeff{}' }),
    ],
    ['manifest-id_fail', 'an id that is not one', incomplete('manifest-id'), withManifest({ id: 'Not An Id' })],
    [
      'manifest-old-key',
      'a key that was removed',
      { ...GOOD, codes: ['manifest-unknown-key'] },
      withManifest({ alerts: {} }),
    ],
    [
      'name-dotdot_fail',
      'a file named ".."',
      { ...GOOD, canonical: false, codes: ['file-unexpected', 'name-unsafe'] },
      changed({ '..': 'x' }),
    ],
    [
      'name-separator_fail',
      'a file named "a/b"',
      { ...GOOD, canonical: false, codes: ['file-unexpected', 'name-unsafe'] },
      changed({ 'a/b': 'x' }),
    ],
    [
      'large-icon',
      'an icon over 40 KiB',
      { ...GOOD, codes: ['icon-large'] },
      changed({ 'icon.svg': file(new Uint8Array(40_961).fill(0x20)) }),
    ],
  ];
  return Promise.all(list.map(async ([name, about, expected, bytes]) => verifying(name, about, expected, await bytes)));
}

/** A case that is answered by verifying one file. */
export function verifying(
  name: string,
  about: string,
  { codes, ...answer }: Expected,
  bytes: Uint8Array,
): ConformanceCase {
  return {
    name,
    about,
    commands: [['verify', 'package.s9pk']],
    exit: name.endsWith('_fail') ? 1 : 0,
    codes,
    packages: [answer],
    files: { 'package.s9pk': bytes },
  };
}
