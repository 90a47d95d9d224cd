import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { classOf, type Finding, finding } from '../finding.ts';
import { type ByteSource, SliceSource } from '../io/byte-source.ts';
import { isPublicKey } from '../sign/ed25519ph.ts';
import {
  isVersion1,
  LABELS,
  parseSectionsHeader,
  parseSectionsTable,
  type SectionLabel,
  type SectionsHeader,
  TABLE_POSITION,
  type TableEntry,
} from './header.ts';

/** What could be read of a package's header and table; nothing of the sections is read. */
export interface SectionsReading {
  readonly source: ByteSource;
  readonly header?: SectionsHeader;
  readonly entries: readonly TableEntry[];
  /** The sections that lie within the file. A script section of no bytes is none. */
  readonly sections: ReadonlyMap<SectionLabel, ByteSource>;
  /** All that is signed: everything after the table. */
  readonly body?: ByteSource;
  readonly findings: readonly Finding[];
  /** Whether devices open it, and its table points where a packer's does. */
  readonly opens: boolean;
}

/**
 * Reads header and table of a package for StartOS 0.3 (s9pk-v1 section 1), and checks the table as its signature does not: whoever
 * has no key can still change where sections begin and end (section 1.6). Never throws on bad input, only on failing I/O.
 */
export async function readSections(source: ByteSource): Promise<SectionsReading> {
  const nothing = { source, entries: [], sections: new Map<SectionLabel, ByteSource>(), opens: false };
  const head = await source.read(0, TABLE_POSITION);
  if (!isVersion1(head))
    return { ...nothing, findings: [finding('not-s9pk', 'this is not a version 1 s9pk (StartOS 0.3)')] };
  if (head.length < TABLE_POSITION) return { ...nothing, findings: [truncated(head.length)] };
  const header = parseSectionsHeader(head);
  const findings: Finding[] = [];
  if (!isPublicKey(header.publicKey))
    findings.push(finding('signer-key-invalid', "the signer's key is not a point of the curve"));
  const { tableSize } = header;
  const end = TABLE_POSITION + tableSize;
  if (tableSize > BUDGET.sectionTableBytes) {
    const message = `the table of contents is said to have ${tableSize} bytes; that of a package has fewer than 200`;
    return { ...nothing, header, findings: [...findings, finding('table-oversize', message)] };
  }
  if (end > source.size) return { ...nothing, header, findings: [...findings, truncated(source.size)] };
  const { entries, leftover } = parseSectionsTable(await source.read(TABLE_POSITION, tableSize));
  if (leftover > 0)
    findings.push(finding('table-malformed', `the last entry of the table of contents is cut short`, {}));
  findings.push(...checkLabels(entries), ...checkPlaces(entries, end, source.size));
  const sections = new Map<SectionLabel, ByteSource>();
  for (const { label, position, size } of entries) {
    const known = LABELS.find((candidate) => candidate === label);
    if (known === undefined || isAbsent(label, position, size) || position + size > BigInt(source.size)) continue;
    sections.set(known, new SliceSource(source, Number(position), Number(size)));
  }
  const opens = !findings.some((found) => classOf(found) === 'broken');
  const body = new SliceSource(source, end, source.size - end);
  return { source, header, entries, sections, body, findings, opens };
}

function truncated(size: number): Finding {
  return finding('header-truncated', `the file ends after ${size} bytes, inside the header; get it again`);
}

/** Packers write that a package has no scripts as a section at 0 of no bytes; devices then make an empty file of it. */
function isAbsent(label: string, position: bigint, size: bigint): boolean {
  return label === 'scripts' && position === 0n && size === 0n;
}

/** Every label once, in the order in which packers write them. */
function checkLabels(entries: readonly TableEntry[]): Finding[] {
  const findings: Finding[] = [];
  const labels = entries.map(({ label }) => label);
  for (const [index, label] of labels.entries()) {
    const shown = printableName(label);
    if (!LABELS.some((known) => known === label))
      findings.push(
        finding('section-unexpected', `there is a section "${shown}", which no packer writes`, { path: shown }),
      );
    else if (labels.indexOf(label) !== index)
      findings.push(
        finding('section-unexpected', `the table names the section "${shown}" twice; devices take the last`, {
          path: shown,
        }),
      );
  }
  for (const label of LABELS) {
    if (label !== 'scripts' && !labels.includes(label))
      findings.push(finding('section-missing', `the table has no section "${label}"`, { path: label }));
  }
  const known = labels.filter((label, index) => LABELS.some((own) => own === label) && labels.indexOf(label) === index);
  const sorted = LABELS.filter((label) => known.includes(label));
  if (known.some((label, index) => label !== sorted[index]))
    findings.push(
      finding('section-place', `the sections are in the order ${known.join(', ')}, in which no packer writes them`),
    );
  return findings;
}

/** Each section begins where the one before it ends, the first behind the table, and the last ends with the file. */
function checkPlaces(entries: readonly TableEntry[], start: number, fileSize: number): Finding[] {
  const findings: Finding[] = [];
  const end = BigInt(fileSize);
  let expected = BigInt(start);
  for (const { label, position, size } of entries) {
    const path = printableName(label);
    if (isAbsent(label, position, size)) continue;
    if (position + size > end)
      findings.push(
        finding(
          'section-place',
          `"${path}" is said to go from byte ${position} to ${position + size}, past the end of the file (${end})`,
          { path },
        ),
      );
    else if (position !== expected)
      findings.push(
        finding(
          'section-place',
          `"${path}" begins at byte ${position} instead of ${expected}: the table, which is not signed, was changed`,
          { path },
        ),
      );
    expected = position + size;
  }
  if (entries.length > 0 && expected < end)
    findings.push(
      finding(
        'section-place',
        `the last section ends at byte ${expected}, and the file at ${end}: something is hidden`,
      ),
    );
  return findings;
}
