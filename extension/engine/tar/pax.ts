import { BUDGET } from '../budget.ts';
import type { ByteSource } from '../io/byte-source.ts';
import type { SparseRegion } from './sparse.ts';
import { TarError, type TarPlace } from './tar-error.ts';

/** PAX records by key. */
export interface PaxRecords {
  get(key: string): Uint8Array | undefined;
}

/**
 * The records of a PAX extended header, `LENGTH KEY=VALUE\n` each. Values stay bytes, because those of extended
 * attributes are not text.
 * @throws TarError if a record's length does not fit.
 */
export function parsePax(bytes: Uint8Array, at: TarPlace): Map<string, Uint8Array> {
  const records = new Map<string, Uint8Array>();
  // Sparse format 0.0 repeats these two keys for every region; later formats have them in one list.
  const regions: string[] = [];
  // Some writers fill the header up with NULs.
  for (let start = 0; start < bytes.length && bytes[start] !== 0; ) {
    const space = bytes.indexOf(0x20, start);
    const length = space < 0 ? Number.NaN : Number(decode(bytes.subarray(start, space)));
    const end = start + length;
    const equals = bytes.indexOf(0x3d, space);
    if (!Number.isInteger(length) || end > bytes.length || bytes[end - 1] !== 0x0a || equals < 0 || equals >= end) {
      throw new TarError('a PAX header is damaged', at);
    }
    const key = decode(bytes.subarray(space + 1, equals));
    const value = bytes.slice(equals + 1, end - 1);
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') regions.push(decode(value));
    else records.set(key, value);
    start = end;
  }
  if (regions.length > 0) records.set('GNU.sparse.map', new TextEncoder().encode(regions.join(',')));
  return records;
}

export interface PaxSparse {
  readonly map: readonly SparseRegion[];
  readonly realSize: number;
  /** Where in the entry's body the data starts; version 1.0 keeps the map before it. */
  readonly dataStart: number;
}

/** The sparse map of GNU's PAX formats 0.0, 0.1 and 1.0; undefined for an ordinary file. */
export async function sparseMapOfPax(pax: PaxRecords, body: ByteSource, at: TarPlace): Promise<PaxSparse | undefined> {
  const value = (key: string) => {
    const bytes = pax.get(key);
    return bytes && decode(bytes);
  };
  if (value('GNU.sparse.major') === '1') {
    const realSize = toNumber(value('GNU.sparse.realsize'), at);
    return { ...(await readInlineMap(body, at)), realSize };
  }
  const list = value('GNU.sparse.map');
  if (list === undefined) return undefined;
  const numbers = list.split(',').map((item) => toNumber(item, at));
  return { map: toRegions(numbers), realSize: toNumber(value('GNU.sparse.size'), at), dataStart: 0 };
}

/** Version 1.0: decimal numbers, one a line, in as many 512-byte blocks as they need, before the data. */
async function readInlineMap(body: ByteSource, at: TarPlace): Promise<{ map: SparseRegion[]; dataStart: number }> {
  const numbers: number[] = [];
  let rest = '';
  for (let start = 0; ; start += 512) {
    const block = await body.read(start, 512);
    if (block.length < 512) throw new TarError('a sparse map is cut short', at);
    const lines = (rest + decode(block)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      numbers.push(toNumber(line, at));
      if (numbers.length > 2 * BUDGET.sparseRegions) throw new TarError('a sparse map is too long', at);
      const count = numbers[0] ?? 0;
      if (numbers.length === 1 + 2 * count) return { map: toRegions(numbers.slice(1)), dataStart: start + 512 };
    }
  }
}

function toRegions(numbers: readonly number[]): SparseRegion[] {
  const regions: SparseRegion[] = [];
  for (let index = 0; index + 1 < numbers.length; index += 2) {
    regions.push({ offset: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  }
  return regions;
}

function toNumber(text: string | undefined, at: TarPlace): number {
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isSafeInteger(value) || value < 0) {
    throw new TarError('a sparse map is damaged', at);
  }
  return value;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function decode(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
