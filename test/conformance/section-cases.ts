import { encode } from 'cborg';
import { concatBytes, joinBytes } from '../../extension/engine/bytes.ts';
import type { FindingCode } from '../../extension/engine/finding-codes.ts';
import type { TableEntry } from '../../extension/engine/sections/header.ts';
import { tarOf } from '../support/tars.ts';
import { olderSections, signedSections, version1Package } from '../support/version-1.ts';
import type { ConformanceCase } from './case.ts';
import { CLOSED, type Expected, GOOD, verifying } from './packages.ts';

/**
 * Packages for StartOS 0.3. Their table is not signed: each of s9pk-v1 section 1.6 is done to one whose body is signed and whose
 * signature holds, but where the case says otherwise. What follows from a table that leads elsewhere is said with it.
 */

/** With an image whose layer holds a script and a manifest of an attacker's, which the author signed with the rest. */
function sectionsOf(): Record<string, Uint8Array> {
  const config = { architecture: 'amd64', os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [''] } };
  const images = tarOf([
    { name: 'config.json', content: JSON.stringify(config) },
    { name: 'layer.tar', content: concatBytes(HIDDEN_SCRIPT, HIDDEN_MANIFEST) },
    {
      name: 'manifest.json',
      content: JSON.stringify([
        { Config: 'config.json', RepoTags: ['start9/older/main:1.2.3.1'], Layers: ['layer.tar'] },
      ]),
    },
  ]);
  return olderSections(images);
}

const HIDDEN_SCRIPT = new TextEncoder().encode('export const createBackup = "theirs";\n');
const HIDDEN_MANIFEST = concatBytes(encode({ id: 'theirs' }), Uint8Array.of(10));

type Rows = TableEntry[];

export function sectionCases(): ConformanceCase[] {
  const sections = sectionsOf();
  const body = joinBytes(Object.values(sections));
  const hidden = (part: Uint8Array) => BigInt(Buffer.from(body).indexOf(part));
  /** The table as a packer writes it, for a header with so many bytes of table. */
  const rowsOf = (all: Readonly<Record<string, Uint8Array>>): Rows => {
    let position = START;
    return Object.entries(all).map(([label, bytes]) => {
      const entry = { label, position, size: BigInt(bytes.length) };
      position += entry.size;
      return entry;
    });
  };
  const attack = (change: (rows: Rows) => Rows) => signedSections(change(rowsOf(sections)), body);
  const at = (label: string, change: (row: TableEntry) => Partial<TableEntry>) => (rows: Rows) =>
    rows.map((row) => (row.label === label ? { ...row, ...change(row) } : row));
  const closed = (...codes: FindingCode[]): Expected => ({ ...CLOSED, codes });
  const good = version1Package(sections);
  const withHeader = (change: (bytes: Uint8Array, view: DataView) => void) => {
    const bytes = good.slice();
    change(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  const list: readonly (readonly [name: string, about: string, expected: Expected, bytes: Uint8Array])[] = [
    ['sections', 'a package for StartOS 0.3', GOOD, good],
    ['sections-flipped_fail', 'one bit of the last section is flipped', closed('signature-invalid'), good.with(-1, 0)],
    [
      'sections-signer_fail',
      "one bit of the signer's key is flipped",
      closed('signature-invalid'),
      good.with(4, (good[4] ?? 0) ^ 1),
    ],
    [
      'sections-cut_fail',
      'the last byte is missing',
      closed('scripts-absent', 'section-place', 'signature-invalid'),
      good.subarray(0, -1),
    ],
    ['sections-cut-in-table_fail', 'the file ends inside the table', closed('header-truncated'), good.subarray(0, 200)],
    [
      'sections-scripts-in-image_fail',
      'the scripts are what stands in an image that the author signed',
      closed('script-export', 'section-place'),
      attack(at('scripts', () => ({ position: START + hidden(HIDDEN_SCRIPT), size: BigInt(HIDDEN_SCRIPT.length) }))),
    ],
    [
      'sections-manifest-in-image_fail',
      'the manifest is what stands in an image that the author signed',
      closed('image-tag', 'manifest-missing-key', 'section-place'),
      attack(
        at('manifest', () => ({ position: START + hidden(HIDDEN_MANIFEST), size: BigInt(HIDDEN_MANIFEST.length) })),
      ),
    ],
    [
      'sections-swapped_fail',
      'licence and instructions have each the place of the other',
      closed('section-place'),
      attack((rows) => {
        const [license, instructions] = ['license', 'instructions'].map((label) =>
          rows.find((row) => row.label === label),
        );
        return rows.map((row) => {
          const other = row === license ? instructions : license;
          const isOne = row === license || row === instructions;
          return isOne && other ? { ...other, label: row.label } : row;
        });
      }),
    ],
    [
      'sections-no-scripts_fail',
      'the scripts that the author signed are said not to be there',
      closed('scripts-absent', 'section-place'),
      attack(at('scripts', () => ({ position: 0n, size: 0n }))),
    ],
    [
      'sections-empty-scripts_fail',
      'scripts of no bytes at a place that is none',
      closed('scripts-absent', 'section-place'),
      attack(at('scripts', () => ({ position: 1n, size: 0n }))),
    ],
    [
      'sections-start_fail',
      'the first section begins a byte late',
      closed('manifest-cbor', 'section-place'),
      attack(at('manifest', ({ position, size }) => ({ position: position + 1n, size: size - 1n }))),
    ],
    [
      'sections-gap_fail',
      'a section ends a byte early, and nothing has that byte',
      closed('section-place'),
      attack(at('license', ({ size }) => ({ size: size - 1n }))),
    ],
    [
      'sections-overlap_fail',
      'a section ends a byte late, in the next one',
      closed('section-place'),
      attack(at('license', ({ size }) => ({ size: size + 1n }))),
    ],
    [
      'sections-past-end_fail',
      'the last section ends past the end of the file',
      closed('scripts-absent', 'section-place'),
      attack(at('scripts', ({ size }) => ({ size: size + 1n }))),
    ],
    [
      'sections-overflow_fail',
      'position and size add up to more than 64 bits',
      closed('section-place'),
      attack(at('icon', () => ({ position: 0xffff_ffff_ffff_fff0n, size: 0x20n }))),
    ],
    [
      'sections-huge_fail',
      'a manifest of 2⁶³ bytes',
      closed('section-place'),
      attack(at('manifest', () => ({ size: 1n << 63n }))),
    ],
    [
      'sections-trailing_fail',
      'bytes behind the last section, signed with the rest',
      closed('section-place'),
      signedSections(rowsOf(sections), concatBytes(body, new TextEncoder().encode('hidden'))),
    ],
    [
      'sections-label-unknown_fail',
      'an eighth section',
      closed('section-unexpected'),
      version1Package({ ...sections, readme: new TextEncoder().encode('# Hidden\n') }),
    ],
    [
      'sections-label-twice_fail',
      'a second entry of scripts, which devices take, leads into an image',
      closed('script-export', 'section-place', 'section-unexpected'),
      signedSections(
        [
          ...rowsOf(sections).map((row) => ({ ...row, position: row.position + SECOND_ROW })),
          {
            label: 'scripts',
            position: START + SECOND_ROW + hidden(HIDDEN_SCRIPT),
            size: BigInt(HIDDEN_SCRIPT.length),
          },
        ],
        body,
      ),
    ],
    [
      'sections-label-missing_fail',
      'there is no icon',
      closed('section-missing'),
      version1Package(Object.fromEntries(Object.entries(sections).filter(([label]) => label !== 'icon'))),
    ],
    [
      'sections-order_fail',
      'the table names the assets before the images',
      closed('section-place'),
      attack((rows) => [...rows.slice(0, 4), ...rows.slice(4, 6).reverse(), ...rows.slice(6)]),
    ],
    [
      'sections-leftover_fail',
      'the table is a byte shorter than its last entry',
      closed('scripts-absent', 'section-place', 'signature-invalid', 'table-malformed'),
      withHeader((_, view) => view.setUint32(99, 175)),
    ],
    [
      'sections-table-size_fail',
      'a table of 4 GiB',
      closed('table-oversize'),
      withHeader((_, view) => view.setUint32(99, 0xffff_ffff)),
    ],
    [
      'sections-manifest-rest_fail',
      'something stands behind the manifest in its section',
      { ...GOOD, complete: false, codes: ['manifest-cbor'] },
      version1Package({ ...sections, manifest: concatBytes(sections['manifest'] ?? body, HIDDEN_MANIFEST) }),
    ],
    [
      'sections-weak-key',
      'a key of small order, for which everything is signed',
      { ...GOOD, canonical: false, codes: ['signer-key-weak'] },
      // The neutral point is both key and R, and S is 0: the equation holds whatever the body.
      withHeader((bytes) => bytes.fill(0, 3, 99).fill(1, 3, 4).fill(1, 35, 36)),
    ],
  ];
  return list.map((row) => verifying(...row));
}

/** Where the sections begin in a package with all seven. */
const START = 279n;
/** Bytes of one more entry called scripts. */
const SECOND_ROW = 24n;
