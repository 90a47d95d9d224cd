const ELLIPSIS = '…';

/** The beginning of a text, whole words if that takes no more than a quarter of it, in at most so many bytes of UTF-8. */
export function cutText(text: string, limit: number): string {
  const room = limit - byteLength(ELLIPSIS);
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += byteLength(character);
    if (bytes > room) break;
    cut += character;
  }
  const words = cut.replace(/\s+\S*$/, '');
  return (words.length >= (cut.length * 3) / 4 ? words : cut) + ELLIPSIS;
}

/** Bytes of UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
