/** One entry of a tar for tests. A name that ends in a slash is a directory. */
export interface TarItem {
  readonly name: string;
  readonly mode?: number;
  readonly content?: string | Uint8Array;
  readonly linkTo?: string;
  readonly hardLinkTo?: string;
}

/** A ustar archive owned by root, all times 0. */
export function tarOf(items: readonly TarItem[]): Uint8Array {
  const blocks = items.flatMap(({ name, mode, content = '', linkTo, hardLinkTo }) => {
    const type = linkTo !== undefined ? '2' : hardLinkTo !== undefined ? '1' : name.endsWith('/') ? '5' : '0';
    const bytes = Buffer.from(content);
    const defaultMode = type === '5' ? 0o755 : 0o644;
    return [tarHeader(name, bytes.length, type, mode ?? defaultMode, linkTo ?? hardLinkTo), padded(bytes)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** A ustar header of an entry owned by root, time 0. */
export function tarHeader(name: string, size: number, type = '0', mode = 0o644, link = ''): Buffer {
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 100);
  header.write(`        ${type}${link}`, 148);
  header.write('ustar\u000000', 257);
  header.write(
    `${octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  );
  return header;
}

/** Content with the zeros that fill its last block. */
export function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
