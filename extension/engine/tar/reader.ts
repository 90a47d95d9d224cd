import { decodeUtf8 } from '../bytes.ts';
import { type ByteSource, SliceSource } from '../io/byte-source.ts';
import { parsePax, sparseMapOfPax } from './pax.ts';
import { type SparseRegion, SparseSource } from './sparse.ts';
import { TarError } from './tar-error.ts';

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
/** PAX headers and long names larger than this are refused before they are read. */
const MAX_EXTENSION = 16 << 20;

/**
 * Reads a tar archive's headers in order, skipping over contents: POSIX ustar and PAX, GNU long names and sparse
 * files, old V7. An archive that ends without its two blocks of zeros is accepted, one that ends inside an entry not.
 * @throws TarError
 */
export async function* readTar(source: ByteSource): AsyncGenerator<TarEntry> {
  const blocks = new HeaderReader(source);
  let globalPax: ReadonlyMap<string, Uint8Array> = new Map();
  let pax: ReadonlyMap<string, Uint8Array> = new Map();
  let longPath: string | undefined;
  let longLink: string | undefined;
  for (let position = 0; ; ) {
    const header = await blocks.read(position);
    if (!header || header.every((byte) => byte === 0)) return;
    checkSum(header, position);
    const fields = parseHeader(header, position);
    const attributes = new Map([...globalPax, ...pax]);
    const isExtension = 'xgLK'.includes(fields.type);
    const stored = isExtension ? fields.size : Number(text(attributes.get('size'), position) ?? fields.size);
    if (!Number.isSafeInteger(stored) || stored < 0) throw new TarError('an entry has an impossible size', position);
    const body = position + BLOCK;
    if (body + stored > source.size) throw new TarError('the archive ends in the middle of an entry', position);
    const next = body + Math.ceil(stored / BLOCK) * BLOCK;
    if (isExtension) {
      if (stored > MAX_EXTENSION) throw new TarError('an extension header is too large', position);
      const bytes = await source.read(body, stored);
      if (fields.type === 'x') pax = parsePax(bytes, position);
      else if (fields.type === 'g') globalPax = new Map([...globalPax, ...parsePax(bytes, position)]);
      else if (fields.type === 'L') longPath = cString(bytes, position);
      else longLink = cString(bytes, position);
      position = next;
      continue;
    }
    const { content, end } = await contentOf(source, header, fields, attributes, { body, stored, next, position });
    const path =
      text(attributes.get('GNU.sparse.name'), position) ??
      text(attributes.get('path'), position) ??
      longPath ??
      fields.path();
    const type = typeOf(fields, path);
    if (type) {
      yield {
        path,
        type,
        mode: fields.mode,
        uid: numberOf(attributes.get('uid')) ?? fields.uid,
        gid: numberOf(attributes.get('gid')) ?? fields.gid,
        mtime: numberOf(attributes.get('mtime')) ?? fields.mtime,
        linkPath: text(attributes.get('linkpath'), position) ?? longLink ?? fields.linkPath(),
        major: fields.major,
        minor: fields.minor,
        content: type === 'file' ? content : new SliceSource(source, 0, 0),
        xattrs: xattrsOf(attributes),
      };
    }
    pax = new Map();
    longPath = undefined;
    longLink = undefined;
    position = end;
  }
}

interface HeaderFields {
  /** Decoded only where no extension says the name: a long one is cut off here, perhaps in the middle of a character. */
  readonly path: () => string;
  readonly linkPath: () => string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly major: number;
  readonly minor: number;
}

function parseHeader(header: Uint8Array, position: number): HeaderFields {
  const magic = latin1(header.subarray(257, 263));
  const isUstar = magic.startsWith('ustar');
  // GNU archives have other things where ustar has the prefix of the path.
  const hasPrefix = isUstar && magic !== 'ustar ';
  const number = (start: number, length: number) => parseNumber(header.subarray(start, start + length), position);
  return {
    path: () => {
      const name = cString(header.subarray(0, 100), position);
      const prefix = hasPrefix ? cString(header.subarray(345, 500), position) : '';
      return prefix === '' ? name : `${prefix}/${name}`;
    },
    linkPath: () => cString(header.subarray(157, 257), position),
    type: String.fromCharCode(header[156] || 0x30),
    mode: number(100, 8) & 0o7777,
    uid: number(108, 8),
    gid: number(116, 8),
    size: number(124, 12),
    mtime: number(136, 12),
    major: isUstar ? number(329, 8) : 0,
    minor: isUstar ? number(337, 8) : 0,
  };
}

function typeOf(fields: HeaderFields, path: string): TarEntry['type'] | undefined {
  switch (fields.type) {
    case '0':
    case '7':
    case 'S':
      // V7 archives mark a directory by the slash alone.
      return path.endsWith('/') ? 'directory' : 'file';
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
    default:
      return undefined;
  }
}

interface BodyPlace {
  readonly body: number;
  readonly stored: number;
  readonly next: number;
  readonly position: number;
}

/** The content of an entry, with holes filled in where it is sparse, and where the next header is. */
async function contentOf(
  source: ByteSource,
  header: Uint8Array,
  fields: HeaderFields,
  pax: ReadonlyMap<string, Uint8Array>,
  { body, stored, next, position }: BodyPlace,
): Promise<{ content: ByteSource; end: number }> {
  if (fields.type === 'S') {
    const map: SparseRegion[] = [];
    let start = body;
    readOldSparse(header, 386, 4, map, position);
    for (let isExtended = header[482] !== 0; isExtended; ) {
      const block = await source.read(start, BLOCK);
      if (block.length < BLOCK) throw new TarError('the archive ends in the middle of a sparse map', position);
      start += BLOCK;
      readOldSparse(block, 0, 21, map, position);
      isExtended = block[504] !== 0;
    }
    const realSize = parseNumber(header.subarray(483, 495), position);
    const content = new SparseSource(new SliceSource(source, start, stored), map, realSize);
    return { content, end: start + Math.ceil(stored / BLOCK) * BLOCK };
  }
  const plain = new SliceSource(source, body, stored);
  const sparse = await sparseMapOfPax(pax, plain, position);
  if (!sparse) return { content: plain, end: next };
  const packed = new SliceSource(plain, sparse.dataStart, stored - sparse.dataStart);
  return { content: new SparseSource(packed, sparse.map, sparse.realSize), end: next };
}

/** Reads up to `count` regions of GNU's old sparse format into `map`; an empty field ends the list. */
function readOldSparse(block: Uint8Array, start: number, count: number, map: SparseRegion[], position: number): void {
  for (let index = 0; index < count; index++) {
    const field = block.subarray(start + index * 24, start + index * 24 + 24);
    if (field[0] === 0) return;
    map.push({
      offset: parseNumber(field.subarray(0, 12), position),
      length: parseNumber(field.subarray(12, 24), position),
    });
  }
}

/** What star, GNU tar and BuildKit put before an extended attribute's name in a PAX header. */
const XATTR_PREFIX = 'SCHILY.xattr.';

function xattrsOf(pax: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const xattrs = new Map<string, Uint8Array>();
  for (const [key, value] of pax) {
    if (key.startsWith(XATTR_PREFIX)) xattrs.set(key.slice(XATTR_PREFIX.length), value);
  }
  return xattrs;
}

function checkSum(header: Uint8Array, position: number): void {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  if (sum !== parseNumber(header.subarray(148, 156), position)) {
    throw new TarError('this is not a tar archive, or it is damaged', position);
  }
}

/** Octal text, or GNU's big-endian binary form marked by the high bit. */
function parseNumber(field: Uint8Array, position: number): number {
  const first = field[0] ?? 0;
  if (first & 0x80) {
    let value = first === 0xff ? -1n : BigInt(first & 0x7f);
    for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
    return Number(value);
  }
  const digits = latin1(field).replace(/\0.*$/s, '').trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw new TarError('a number in a header is not octal', position);
  return Number.parseInt(digits, 8);
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Text up to the first NUL. @throws TarError if it is not UTF-8: two names must never become one. */
function cString(bytes: Uint8Array, position: number): string {
  const end = bytes.indexOf(0);
  const decoded = decodeUtf8(end < 0 ? bytes : bytes.subarray(0, end));
  if (decoded === undefined) throw new TarError('a name is not UTF-8', position);
  return decoded;
}

function text(bytes: Uint8Array | undefined, position: number): string | undefined {
  return bytes && cString(bytes, position);
}

function numberOf(bytes: Uint8Array | undefined): number | undefined {
  const value = bytes && Number(latin1(bytes));
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** Reads headers through a window, so that an archive of small files does not cost a read each. */
class HeaderReader {
  private window = new Uint8Array(0);
  private windowStart = 0;
  private readonly source: ByteSource;
  constructor(source: ByteSource) {
    this.source = source;
  }

  /** The 512 bytes at `position`; undefined at the end of the source. @throws TarError if only some are there. */
  async read(position: number): Promise<Uint8Array | undefined> {
    const offset = position - this.windowStart;
    if (offset < 0 || offset + BLOCK > this.window.length) {
      this.window = new Uint8Array(await this.source.read(position, WINDOW));
      this.windowStart = position;
    }
    const header = this.window.subarray(position - this.windowStart, position - this.windowStart + BLOCK);
    if (header.length === 0) return undefined;
    if (header.length < BLOCK) throw new TarError('the archive ends in the middle of a header', position);
    return header;
  }
}
