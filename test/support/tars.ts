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
  const blocks = items.flatMap((item) => {
    const content = Buffer.from(item.content ?? '');
    const type =
      item.linkTo !== undefined ? '2' : item.hardLinkTo !== undefined ? '1' : item.name.endsWith('/') ? '5' : '0';
    const header = Buffer.alloc(512);
    const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
    header.write(item.name, 0);
    header.write(octal(item.mode ?? (type === '5' ? 0o755 : 0o644), 8) + octal(0, 8) + octal(0, 8), 100);
    header.write(`${octal(content.length, 12)}${octal(0, 12)}        ${type}`, 124);
    header.write(item.linkTo ?? item.hardLinkTo ?? '', 157);
    header.write('ustar\u000000', 257);
    header.write(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        7,
      )} `,
      148,
    );
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
