import type { Random } from './random.ts';

/** Numbers at which parsers go wrong. */
const EDGES = [0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 0x7fff_ffffn, 0xffff_ffffn, 1n << 53n, (1n << 63n) - 1n];
const ALL_ONES = (1n << 64n) - 1n;
/** Longer inputs are no faster way to a mistake. */
const LONGEST = 1 << 20;

/** An input with some of its bytes changed, moved, doubled, left out, or taken from another input. */
export function mutate(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let bytes = Buffer.from(input);
  for (let left = 1 + random.size(16); left > 0; left--) bytes = mutateOnce(bytes, other, random);
  return bytes.subarray(0, LONGEST);
}

function mutateOnce(bytes: Buffer<ArrayBuffer>, other: Uint8Array, random: Random): Buffer<ArrayBuffer> {
  const at = placeIn(bytes, random);
  const length = Math.min(bytes.length - at, 1 + random.size(64));
  const without = () => Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
  const insert = (piece: Uint8Array) => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  switch (random.below(9)) {
    case 0:
      if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 1:
      if (bytes.length > 0) bytes[at] = random.next() & 0xff;
      return bytes;
    case 2:
    case 3:
      return putNumber(bytes, at, random);
    case 4:
      return without();
    case 5:
      return insert(random.bytes(random.size(32)));
    case 6:
      return insert(bytes.subarray(at, at + length));
    case 7: {
      const from = random.below(other.length);
      return insert(other.subarray(from, from + 1 + random.size(256)));
    }
    default:
      return random.oneIn(4) ? bytes.subarray(0, at) : putNumber(bytes, at, random);
  }
}

/** Headers stand at the beginning and tables at the end, so those are more likely. */
function placeIn(bytes: Uint8Array, random: Random): number {
  if (bytes.length < 256 || random.oneIn(2)) return random.below(bytes.length);
  return random.oneIn(2) ? random.below(128) : bytes.length - 1 - random.below(128);
}

/** Puts a number of 1, 2, 4 or 8 bytes, at an edge or near the one that is there. */
function putNumber(bytes: Buffer<ArrayBuffer>, at: number, random: Random): Buffer<ArrayBuffer> {
  const width = 1 << random.below(4);
  if (at + width > bytes.length) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, width);
  const isLittle = random.oneIn(2);
  const there = readNumber(view, isLittle);
  const near = there + BigInt(random.between(-4, 4));
  const edge = (EDGES[random.below(EDGES.length)] ?? 0n) + BigInt(random.between(-1, 1));
  writeNumber(view, (random.oneIn(2) ? near : random.oneIn(8) ? ALL_ONES : edge) & ALL_ONES, isLittle);
  return bytes;
}

function readNumber(view: DataView, isLittle: boolean): bigint {
  switch (view.byteLength) {
    case 1:
      return BigInt(view.getUint8(0));
    case 2:
      return BigInt(view.getUint16(0, isLittle));
    case 4:
      return BigInt(view.getUint32(0, isLittle));
    default:
      return view.getBigUint64(0, isLittle);
  }
}

function writeNumber(view: DataView, value: bigint, isLittle: boolean): void {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, value, isLittle);
  // The low end of a number comes first in little-endian order, last in the other.
  for (let at = 0; at < view.byteLength; at++)
    view.setUint8(at, bytes.getUint8(isLittle ? at : 8 - view.byteLength + at));
}

/** What texts of the languages that manifests are written in are made of. */
const TOKENS = [
  ...'{}[]():,;.="\'`|>&*!%@#?-+~\\/<$^ \t\r\n',
  ...['...', '=>', '${', '}`', '&a ', '*a', '<<: ', '---\n', '? ', '!!str ', '!!binary ', '|+2\n', '>-\n', '[[', ']]'],
  ...['"""', "'''", 'null', 'true', '1e999', '-0', '0x', '9007199254740993', 'NaN', '2026-01-01', '\\u0000', '\\ud800'],
  ...[
    'import ',
    'export ',
    'const ',
    'as const',
    'satisfies ',
    ' from ',
    'sdk.',
    '__proto__',
    'constructor',
    'toString',
  ],
  ...[
    'process.env.X',
    ' ? 1 : 2',
    'Object.',
    '.map(',
    'async ',
    'await ',
    '/*',
    '*/',
    '//',
    '\u0000',
    '\ud800',
    '\u2028',
    '😀',
    '\ufeff',
  ],
] as const;

/** A text with pieces changed as a person or a hostile one may: tokens, lines and nesting rather than bytes. */
export function mutateText(input: string, other: string, random: Random): string {
  let text = input;
  for (let left = 1 + random.size(8); left > 0; left--) text = mutateTextOnce(text, other, random);
  return text.slice(0, LONGEST);
}

function mutateTextOnce(text: string, other: string, random: Random): string {
  const at = random.below(text.length + 1);
  const token = TOKENS[random.below(TOKENS.length)] ?? '';
  const put = (piece: string, length = 0) => text.slice(0, at) + piece + text.slice(at + length);
  switch (random.below(8)) {
    case 0:
      return put(token);
    case 1:
      return put(token, 1 + random.size(20));
    case 2:
      return put('', 1 + random.size(40));
    case 3:
      return put(token.repeat(random.size(2000)));
    case 4: {
      const from = random.below(other.length);
      return put(other.slice(from, from + random.size(200)));
    }
    case 5: {
      const lines = text.split('\n');
      const [line = ''] = lines.splice(random.below(lines.length), 1);
      lines.splice(random.below(lines.length), 0, line, ...(random.oneIn(2) ? [line] : []));
      return lines.join('\n');
    }
    case 6:
      return put(String.fromCharCode(random.below(random.oneIn(4) ? 0x10000 : 0x80)));
    default:
      return random.oneIn(4) ? text.slice(0, at) : put(text.slice(at, at + random.size(100)));
  }
}
