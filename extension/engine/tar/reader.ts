import { BUDGET } from '../budget.ts';
import { decodeName } from '../byte-names.ts';
import { type ByteSource, SliceSource } from '../io/byte-source.ts';
import { type PaxRecords, parsePax, sparseMapOfPax } from './pax.ts';
import { type SparseRegion, SparseSource } from './sparse.ts';
import { TarError, type TarPlace } from './tar-error.ts';

/** One object in a tar archive, after PAX and GNU extensions are applied. */
export interface TarEntry {
  /** As written: may be absolute, hold `..`, or end in a slash. */
  readonly path: string;
  readonly type: 'file' | 'hardlink' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970, with a fraction if the archive has one. */
  readonly mtime: number;
  /** Target of a link; empty for other types. */
  readonly linkPath: string;
  readonly major: number;
  readonly minor: number;
  /** Content of a file; empty for other types. */
  readonly content: ByteSource;
  /** Extended attributes by full name (`security.capability`), values as bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

const BLOCK = 512;
/** Bytes read at once in search of headers. */
const WINDOW = 256 * 1024;

/**
 * Reads a tar archive's headers in order, skipping over contents: POSIX ustar and PAX, GNU long names and sparse
 * files, old V7, Solaris' extended headers. An archive that ends without its two blocks of zeros is accepted, one that ends
 * inside an entry not. Names are bytes (`byte-names.ts`). What GNU tar reads is read as it reads it, but for a NUL in the
 * value of a PAX record.
 * @throws TarError that names the entry, where its name is known
 */
export async function* readTar(source: ByteSource): AsyncGenerator<TarEntry> {
  const blocks = new HeaderReader(source);
  const globals: Attributes = new Map();
  let own: Attributes = new Map();
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (let position = 0; ; ) {
    const header = await blocks.read(position);
    if (!header || header.every((byte) => byte === 0)) return;
    const where = { position, name: longPath };
    checkSum(header, where);
    const fields = parseHeader(header, where);
    const isExtension = EXTENSIONS.includes(fields.type);
    const attributes = isExtension ? NO_ATTRIBUTES : new AttributeLookup(globals, own);
    const path = isExtension
      ? undefined
      : (attributes.text('GNU.sparse.name', where) ?? attributes.text('path', where) ?? longPath ?? fields.path());
    const at = { position, name: path ?? longPath };
    const type = path === undefined ? undefined : typeOf(fields.type, path);
    // No data follows what has none, whatever the header says of its size.
    const hasBody = isExtension || type === 'file' || (type === undefined && fields.type !== 'V');
    const stored = !hasBody ? 0 : isExtension ? fields.size() : (attributes.size(at) ?? fields.size());
    if (!Number.isSafeInteger(stored) || stored < 0) throw new TarError('an entry has an impossible size', at);
    const body = position + BLOCK;
    if (body + stored > source.size) throw new TarError('the archive ends in the middle of an entry', at);
    const next = body + Math.ceil(stored / BLOCK) * BLOCK;
    if (isExtension) {
      if (stored > BUDGET.tarExtensionBytes) throw new TarError('an extension header is too large', at);
      const bytes = await source.read(body, stored);
      if (fields.type === 'x' || fields.type === 'X') own = parsePax(bytes, at);
      else if (fields.type === 'g') for (const [key, value] of parsePax(bytes, at)) globals.set(key, value);
      else if (fields.type === 'L') longPath = cString(bytes);
      else longLink = cString(bytes);
      position = next;
      continue;
    }
    const { content, end } =
      type === 'file'
        ? await contentOf(source, header, fields, attributes, { body, stored, next, at })
        : { content: new SliceSource(source, 0, 0), end: next };
    if (type && path !== undefined) {
      yield {
        ...{ path, type, content },
        mode: fields.mode,
        uid: attributes.number('uid') ?? fields.uid,
        gid: attributes.number('gid') ?? fields.gid,
        mtime: attributes.number('mtime') ?? fields.mtime,
        linkPath: attributes.text('linkpath', at) ?? longLink ?? fields.linkPath(),
        major: fields.major,
        minor: fields.minor,
        xattrs: attributes.xattrs(),
      };
    }
    own = new Map();
    longPath = undefined;
    longLink = undefined;
    position = end;
  }
}

/** Types of entries that say something of the next one, or of all that follow. */
const EXTENSIONS = 'xXgLK';

type Attributes = Map<string, Uint8Array>;

/** What star, GNU tar and BuildKit put before an extended attribute's name in a PAX header. */
const XATTR_PREFIX = 'SCHILY.xattr.';

/** PAX records of one entry over those of the whole archive. An empty value takes the archive's one back. */
class AttributeLookup implements PaxRecords {
  private readonly globals: Attributes;
  private readonly own: Attributes;

  constructor(globals: Attributes, own: Attributes) {
    this.globals = globals;
    this.own = own;
  }

  get(key: string): Uint8Array | undefined {
    const bytes = this.own.get(key) ?? this.globals.get(key);
    return bytes === undefined || bytes.length === 0 ? undefined : bytes;
  }

  text(key: string, at: TarPlace): string | undefined {
    const bytes = this.get(key);
    if (bytes?.includes(0)) throw new TarError(`the extended header "${key}" holds a NUL`, at);
    return bytes && decodeName(bytes);
  }

  size(at: TarPlace): number | undefined {
    const text = this.text('size', at);
    return text === undefined ? undefined : Number(text);
  }

  number(key: string): number | undefined {
    const bytes = this.get(key);
    const value = bytes && Number(latin1(bytes));
    return value !== undefined && Number.isFinite(value) ? value : undefined;
  }

  xattrs(): ReadonlyMap<string, Uint8Array> {
    const xattrs = new Map<string, Uint8Array>();
    for (const records of [this.globals, this.own]) {
      for (const [key, value] of records) {
        if (key.startsWith(XATTR_PREFIX)) xattrs.set(key.slice(XATTR_PREFIX.length), value);
      }
    }
    return xattrs;
  }
}

const NO_ATTRIBUTES = new AttributeLookup(new Map(), new Map());

interface HeaderFields {
  /** Decoded only where no extension says the name: a long one is cut off here, perhaps in the middle of a character. */
  readonly path: () => string;
  readonly linkPath: () => string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: () => number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

function parseHeader(header: Uint8Array, at: TarPlace): HeaderFields {
  const magic = latin1(header.subarray(257, 263));
  const isUstar = magic.startsWith('ustar');
  // GNU archives have other things where ustar has the prefix of the path.
  const hasPrefix = isUstar && magic !== 'ustar ';
  const path = () => {
    const name = cString(header.subarray(0, 100));
    const prefix = hasPrefix ? cString(header.subarray(345, 500)) : '';
    return prefix === '' ? name : `${prefix}/${name}`;
  };
  // The name is decoded for the message only: most of it would be work for nothing.
  const number = (start: number, length: number) =>
    readNumber(header.subarray(start, start + length)) ?? refuseNumber({ ...at, name: at.name ?? path() });
  return {
    path,
    linkPath: () => cString(header.subarray(157, 257)),
    type: String.fromCharCode(header[156] || 0x30),
    mode: number(100, 8) & 0o7777,
    uid: number(108, 8),
    gid: number(116, 8),
    // Read where there is a body: what has none may say anything.
    size: () => number(124, 12),
    mtime: number(136, 12),
    major: isUstar ? number(329, 8) : 0,
    minor: isUstar ? number(337, 8) : 0,
  };
}

/** The kind of object; undefined for what describes the archive and not a file. Types that nobody knows are files. */
function typeOf(type: string, path: string): TarEntry['type'] | undefined {
  switch (type) {
    case '1':
      return 'hardlink';
    case '2':
      return 'symlink';
    case '3':
      return 'character';
    case '4':
      return 'block';
    case '5':
      return 'directory';
    case '6':
      return 'fifo';
    // A label; a file that goes on from another volume; names and a folder's listing as old GNU tars wrote them.
    case 'V':
    case 'M':
    case 'N':
    case 'D':
      return undefined;
    default:
      // V7 archives mark a directory by the slash alone.
      return path.endsWith('/') ? 'directory' : 'file';
  }
}

interface BodyPlace {
  readonly body: number;
  readonly stored: number;
  readonly next: number;
  readonly at: TarPlace;
}

/** The content of an entry, with holes filled in where it is sparse, and where the next header is. */
async function contentOf(
  source: ByteSource,
  header: Uint8Array,
  fields: HeaderFields,
  pax: PaxRecords,
  { body, stored, next, at }: BodyPlace,
): Promise<{ content: ByteSource; end: number }> {
  if (fields.type === 'S') {
    const map: SparseRegion[] = [];
    let start = body;
    readOldSparse(header, 386, 4, map, at);
    for (let isExtended = header[482] !== 0; isExtended; ) {
      const block = await source.read(start, BLOCK);
      if (block.length < BLOCK) throw new TarError('the archive ends in the middle of a sparse map', at);
      start += BLOCK;
      if (map.length > BUDGET.sparseRegions) throw new TarError('a sparse map is too long', at);
      readOldSparse(block, 0, 21, map, at);
      isExtended = block[504] !== 0;
    }
    const realSize = parseNumber(header.subarray(483, 495), at);
    const content = SparseSource.of(new SliceSource(source, start, stored), map, realSize, at);
    return { content, end: start + Math.ceil(stored / BLOCK) * BLOCK };
  }
  const plain = new SliceSource(source, body, stored);
  const sparse = await sparseMapOfPax(pax, plain, at);
  if (!sparse) return { content: plain, end: next };
  const packed = new SliceSource(plain, sparse.dataStart, stored - sparse.dataStart);
  return { content: SparseSource.of(packed, sparse.map, sparse.realSize, at), end: next };
}

/** Reads up to `count` regions of GNU's old sparse format into `map`; an empty field ends the list. */
function readOldSparse(block: Uint8Array, start: number, count: number, map: SparseRegion[], at: TarPlace): void {
  for (let index = 0; index < count; index++) {
    const field = block.subarray(start + index * 24, start + index * 24 + 24);
    if (field[0] === 0) return;
    map.push({
      offset: parseNumber(field.subarray(0, 12), at),
      length: parseNumber(field.subarray(12, 24), at),
    });
  }
}

/** Where the sum stands in the header, which counts as spaces in it. */
const SUM_START = 148;
const SUM_END = 156;

/** The sum of the header's bytes; some old programs took them for signed. */
function checkSum(header: Uint8Array, at: TarPlace): void {
  let sum = 0x20 * (SUM_END - SUM_START);
  for (let index = 0; index < SUM_START; index++) sum += header[index] ?? 0;
  for (let index = SUM_END; index < BLOCK; index++) sum += header[index] ?? 0;
  const expected = parseNumber(header.subarray(SUM_START, SUM_END), at);
  if (sum === expected) return;
  const isNegative = (byte: number, index: number) => byte >= 0x80 && (index < SUM_START || index >= SUM_END);
  if (sum - 0x100 * header.filter(isNegative).length === expected) return;
  throw new TarError('this is not a tar archive, or it is damaged', at);
}

function parseNumber(field: Uint8Array, at: TarPlace): number {
  return readNumber(field) ?? refuseNumber(at);
}

function refuseNumber(at: TarPlace): never {
  throw new TarError('a number in a header is not octal', at);
}

/** Octal text, or GNU's big-endian binary form marked by the high bit; undefined if it is neither. */
function readNumber(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0;
  if (first & 0x80) {
    let value = first === 0xff ? -1n : BigInt(first & 0x7f);
    for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
    return Number(value);
  }
  const nul = field.indexOf(0);
  let end = nul < 0 ? field.length : nul;
  let start = 0;
  while (start < end && isBlank(field[start])) start++;
  while (end > start && isBlank(field[end - 1])) end--;
  let value = 0;
  for (; start < end; start++) {
    const digit = (field[start] ?? 0) - 0x30;
    if (digit < 0 || digit > 7) return undefined;
    value = value * 8 + digit;
  }
  return value;
}

/** Space and what else stands for one in Latin-1. */
function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0xa0 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Bytes up to the first NUL as a name. */
function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeName(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Reads headers through a window, so that an archive of small files does not cost a read each. */
class HeaderReader {
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;
  /** What windows are read into, one after the other. */
  private memory: Uint8Array | undefined;
  private readonly source: ByteSource;
  constructor(source: ByteSource) {
    this.source = source;
  }

  private async readWindow(position: number): Promise<Uint8Array> {
    if (!this.source.readInto) return new Uint8Array(await this.source.read(position, WINDOW));
    this.memory ??= new Uint8Array(WINDOW);
    return this.memory.subarray(0, await this.source.readInto(position, this.memory));
  }

  /** The 512 bytes at `position`, which are gone once the next are read; undefined at the end of the source. @throws TarError if only some are there. */
  async read(position: number): Promise<Uint8Array | undefined> {
    const offset = position - this.windowStart;
    if (offset < 0 || offset + BLOCK > this.window.length) {
      this.window = await this.readWindow(position);
      this.windowStart = position;
    }
    const header = this.window.subarray(position - this.windowStart, position - this.windowStart + BLOCK);
    if (header.length === 0) return undefined;
    if (header.length < BLOCK) throw new TarError('the archive ends in the middle of a header', { position });
    return header;
  }
}
