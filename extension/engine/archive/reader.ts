import { BUDGET } from '../budget.ts';
import { encodeName } from '../byte-names.ts';
import { equalBytes, toHex } from '../bytes.ts';
import { classOf, type Finding, FindingError, finding } from '../finding.ts';
import { FindingList } from '../finding-list.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { type ByteSource, SliceSource } from '../io/byte-source.ts';
import { type Commitment, verifyCommitment } from '../sign/commitment.ts';
import { isPublicKey } from '../sign/ed25519ph.ts';
import type { DirectoryEntry, Entry } from './entry.ts';
import { describeForeign, HEADER_SIZE, type Header, MAGIC, MAX_ROOT_MAXSIZE, parseHeader } from './header.ts';
import { joinPath, printableName, unsafeNameReason } from './names.ts';
import { type EntryOrder, orderEntries } from './order.ts';
import { digestDirectory } from './sighash.ts';
import { parseTable, TableError, type TableQuirks, type TableRow } from './table.ts';

/** Bounds on what an archive may make us do. Real packages have a few dozen entries in four levels. */
export interface ReadLimits {
  /** Levels of directories below the root. */
  readonly depth: number;
  /** Entries in the whole archive. */
  readonly entries: number;
  /** Bytes of all tables of contents together. */
  readonly tableBytes: number;
}

const DEFAULT_LIMITS: ReadLimits = {
  depth: BUDGET.archiveDepth,
  entries: BUDGET.archiveEntries,
  tableBytes: BUDGET.archiveTableBytes,
};

/** A stretch of the file that an entry refers to. Positions are absolute, in bytes. */
export interface Range {
  readonly path: string;
  readonly kind: 'table' | 'file';
  readonly position: bigint;
  readonly size: bigint;
}

/** What could be read of an archive: everything if it is good, as much as there is if it is not. */
export interface ArchiveReading {
  readonly source: ByteSource;
  readonly header?: Header;
  readonly root?: DirectoryEntry;
  /** Ranges of all tables and files, in the order in which they were listed. */
  readonly ranges: readonly Range[];
  /** Which writer order the tables are in; undefined if neither. */
  readonly order?: EntryOrder;
  readonly findings: readonly Finding[];
  /** Whether header, signature and every table are acceptable: the reference's rule for opening. */
  readonly opens: boolean;
}

/** An archive that opens. */
export interface Archive extends ArchiveReading {
  readonly header: Header;
  readonly root: DirectoryEntry;
}

export interface ReadOptions {
  readonly blake3: Blake3;
  readonly limits?: ReadLimits;
  /** What the archive is expected to hold; lifts the 1 MiB limit on the root table (s9pk-v2 section 1.6). */
  readonly commitment?: Commitment;
}

/** One read gets the header and, in nearly every package, the root table. */
const FIRST_READ = 16 * 1024;

/**
 * Opens an archive from its header and tables; contents are not read.
 * @throws FindingError with every finding if it does not open.
 */
export async function openArchive(source: ByteSource, options: ReadOptions): Promise<Archive> {
  const reading = await readArchive(source, options);
  const { header, root } = reading;
  if (!reading.opens || !header || !root) throw new FindingError(reading.findings);
  return { ...reading, header, root };
}

/** Reads header and tables and reports every problem in them. Never throws on bad input, only on failing I/O. */
export async function readArchive(source: ByteSource, options: ReadOptions): Promise<ArchiveReading> {
  const start = await source.read(0, FIRST_READ);
  const foreign = checkMagic(start);
  if (foreign) return { source, ranges: [], findings: [foreign], opens: false };
  const header = parseHeader(start);
  const tables = new TableReader(source, start, options);
  tables.findings.add(...checkHeader(header, options.commitment));
  const rootRow: TableRow = {
    name: '',
    hash: header.rootSighash,
    size: header.rootMaxsize,
    kind: 'directory',
    position: header.tablePosition,
    tableSize: header.tableSize,
  };
  const root = await tables.readDirectory(rootRow, '', 0);
  const opens = !tables.findings.all().some((found) => classOf(found) === 'broken');
  const order = root && detectOrder(root);
  if (opens) for (const found of checkLayout(tables.ranges, source.size)) tables.findings.add(found);
  if (opens && !order) {
    tables.findings.add(finding('entry-order', 'the entries are in neither of the two orders that packers write'));
  }
  const findings = tables.findings.all();
  return { source, header, ...(root && { root }), ranges: tables.ranges, ...(order && { order }), findings, opens };
}

function checkMagic(start: Uint8Array): Finding | undefined {
  if (start.length === 0) return finding('file-empty', 'the file is empty; was the download or the build interrupted?');
  if (start.length >= 3 && start[0] === MAGIC[0] && start[1] === MAGIC[1] && start[2] !== MAGIC[2]) {
    if (start[2] === 1) {
      return finding('s9pk-v1', 'this is a version 1 s9pk (StartOS 0.3); this works with version 2 (StartOS 0.4) only');
    }
    return finding('version-unknown', `this s9pk has version ${start[2]}; only version 2 is known`);
  }
  if (!equalBytes(start.subarray(0, 3), MAGIC.subarray(0, Math.min(3, start.length)))) {
    return finding('not-s9pk', `this is not an s9pk but ${describeForeign(start)}`);
  }
  if (start.length < HEADER_SIZE) {
    return finding('header-truncated', `the file ends after ${start.length} bytes, inside the header; get it again`);
  }
  return undefined;
}

function checkHeader(header: Header, commitment: Commitment | undefined): Finding[] {
  const found: Finding[] = [];
  if (!isPublicKey(header.publicKey)) {
    found.push(finding('signer-key-invalid', 'the public key in the header is not a valid Ed25519 key'));
  } else if (!verifyCommitment(header, header)) {
    found.push(
      finding('signature-invalid', 'the signature does not match: the header was changed or signed for something else'),
    );
  }
  if (commitment) {
    if (!equalBytes(commitment.rootSighash, header.rootSighash) || header.rootMaxsize > commitment.rootMaxsize) {
      const message = `the root hash is ${toHex(header.rootSighash)}, not the expected ${toHex(commitment.rootSighash)}`;
      found.push(finding('commitment-mismatch', message));
    }
  } else if (header.rootMaxsize > MAX_ROOT_MAXSIZE) {
    const message = `the signed size limit of the root table is ${header.rootMaxsize} bytes; devices refuse over 1 MiB`;
    found.push(finding('root-maxsize', message));
  }
  return found;
}

/** Reads tables recursively within the limits, collecting ranges and findings. */
class TableReader {
  readonly findings = new FindingList();
  readonly ranges: Range[] = [];
  private entries = 0;
  private tableBytes = 0;
  private readonly seen = new Set<bigint>();
  private readonly limits: ReadLimits;
  private readonly source: ByteSource;
  private readonly start: Uint8Array;
  private readonly blake3: Blake3;

  constructor(source: ByteSource, start: Uint8Array, options: ReadOptions) {
    this.source = source;
    this.start = start;
    this.blake3 = options.blake3;
    this.limits = options.limits ?? DEFAULT_LIMITS;
  }

  /** The directory that `row` refers to, without what could not be read; undefined if nothing could. */
  async readDirectory(row: TableRow, path: string, depth: number): Promise<DirectoryEntry | undefined> {
    const where = { path };
    const label = path === '' ? 'the root table of contents' : `the table of contents of ${path}`;
    const bytes = await this.readTable(row, label, where, depth);
    if (!bytes) return undefined;
    this.ranges.push({ path, kind: 'table', position: row.position, size: row.tableSize });

    const quirks: TableQuirks = { overlongVarints: 0, leftoverBytes: 0 };
    const rows: TableRow[] = [];
    let complete = true;
    try {
      for (const child of parseTable(bytes, quirks)) {
        if (++this.entries > this.limits.entries) {
          this.report('table-limit', `the archive has more than ${this.limits.entries} entries`, where);
          complete = false;
          break;
        }
        rows.push(child);
      }
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      this.report('table-malformed', `${label} cannot be read: ${error.message}`, where);
      complete = false;
    }
    const children = new Map<string, Entry>();
    for (const child of rows) {
      this.checkName(child.name, path, children.has(child.name));
      const entry = await this.toEntry(child, joinPath(path, child.name), depth);
      // The last of several entries with one name counts, as in the reference.
      children.delete(child.name);
      if (entry) children.set(child.name, entry);
      else complete = false;
    }
    const directory: DirectoryEntry = { kind: 'directory', children, signed: { hash: row.hash, size: row.size } };
    if (complete && !equalBytes(digestDirectory(directory, this.blake3).hash, row.hash)) {
      this.report('table-hash', `${label} was changed: its hash is not the signed one`, where);
    }
    if (quirks.overlongVarints > 0) {
      this.report(
        'varint-overlong',
        `${label} holds ${quirks.overlongVarints} numbers in a longer form than needed`,
        where,
      );
    }
    if (quirks.leftoverBytes > 0) {
      this.report('table-leftover', `${label} has ${quirks.leftoverBytes} bytes after its last entry`, where);
    }
    return directory;
  }

  private async readTable(
    row: TableRow,
    label: string,
    where: { path: string },
    depth: number,
  ): Promise<Uint8Array | undefined> {
    const refuse = (code: 'table-oversize' | 'table-out-of-range' | 'table-shared' | 'table-limit', why: string) => {
      this.report(code, `${label} ${why}`, where);
      return undefined;
    };
    if (row.tableSize > row.size) {
      return refuse('table-oversize', `is ${row.tableSize} bytes long, more than the ${row.size} that were signed`);
    }
    if (encodeName(where.path).length > BUDGET.pathBytes)
      return refuse('table-limit', `has a path of more than ${BUDGET.pathBytes} bytes`);
    if (depth > this.limits.depth) return refuse('table-limit', `is more than ${this.limits.depth} levels deep`);
    if (this.seen.has(row.position)) {
      return refuse('table-shared', `is used by two directories; an archive may not point back into itself`);
    }
    this.seen.add(row.position);
    if (row.tableSize > BigInt(this.limits.tableBytes - this.tableBytes)) {
      return refuse('table-limit', `brings all tables over ${this.limits.tableBytes} bytes`);
    }
    if (row.position + row.tableSize > BigInt(this.source.size)) {
      return refuse('table-out-of-range', `lies beyond the end of the file; the file is truncated or was changed`);
    }
    const position = Number(row.position);
    const size = Number(row.tableSize);
    this.tableBytes += size;
    if (position + size <= this.start.length) return this.start.subarray(position, position + size);
    return this.source.read(position, size);
  }

  private async toEntry(row: TableRow, path: string, depth: number): Promise<Entry | undefined> {
    const { hash, size } = row;
    switch (row.kind) {
      case 'missing':
        return { kind: 'missing', hash, size };
      case 'directory':
        return this.readDirectory(row, path, depth + 1);
      case 'file':
        this.ranges.push({ path, kind: 'file', position: row.position, size });
        // Where there are bytes, hashing finds that they are not there.
        if (size === 0n && row.position > BigInt(this.source.size))
          this.report('content-out-of-range', `${path} is empty, and said to be at ${row.position}, past the end`, {
            path,
          });
        return { kind: 'file', hash, size, content: this.contentOf(row) };
    }
  }

  /** The part of a file's range that exists; positions and sizes beyond the source are clipped, not trusted. */
  private contentOf(row: TableRow): ByteSource {
    const end = BigInt(this.source.size);
    const position = row.position < end ? row.position : end;
    const size = row.size < end - position ? row.size : end - position;
    return new SliceSource(this.source, Number(position), Number(size));
  }

  private checkName(name: string, parent: string, isDuplicate: boolean): void {
    const path = joinPath(parent, name);
    const reason = unsafeNameReason(name);
    if (reason) {
      const message = `the name "${printableName(name)}" cannot be used for a file: ${reason}`;
      this.report('name-unsafe', message, { path });
    }
    if (isDuplicate) this.report('name-duplicate', `${path} is listed twice; the last one counts`, { path });
  }

  private report(code: Finding['code'], message: string, where: { path: string }): void {
    this.findings.add(finding(code, message, where));
  }
}

/** Which of the two writer orders all tables are in; priority where they agree. */
function detectOrder(root: DirectoryEntry): EntryOrder | undefined {
  return (['priority', 'name'] as const).find((order) => isInOrder(root, order, true));
}

function isInOrder(directory: DirectoryEntry, order: EntryOrder, isRoot: boolean): boolean {
  const wanted = orderEntries(directory, order, isRoot);
  let index = 0;
  for (const [name, entry] of directory.children) {
    if (wanted[index++]?.[0] !== name) return false;
    if (entry.kind === 'directory' && !isInOrder(entry, order, false)) return false;
  }
  return true;
}

/** Ranges must follow each other from the header to the end of the file, without gaps (s9pk-v2 section 2.3). */
function checkLayout(ranges: readonly Range[], fileSize: number): Finding[] {
  const found: Finding[] = [];
  const inside = ranges.filter((range) => range.size > 0n && range.position + range.size <= BigInt(fileSize));
  const sorted = [...inside].sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0));
  let end = BigInt(HEADER_SIZE);
  for (const range of sorted) {
    const where = { path: range.path };
    if (range.position < end) {
      found.push(finding('range-overlap', `the bytes of ${range.path || 'the root table'} overlap others`, where));
    } else if (range.position > end) {
      const message = `${range.position - end} unused bytes stand before ${range.path || 'the root table'}`;
      found.push(finding('range-gap', message, where));
    }
    const rangeEnd = range.position + range.size;
    if (rangeEnd > end) end = rangeEnd;
  }
  const allInside = inside.length === ranges.filter((range) => range.size > 0n).length;
  if (allInside && BigInt(fileSize) > end) {
    found.push(
      finding('trailing-bytes', `${BigInt(fileSize) - end} bytes follow the end of the archive; devices ignore them`),
    );
  }
  return found;
}
