/** Extensions and MIME types that packages know (s9pk-v2 section 4.2); case-sensitive, everything else has none. */
const MIME_OF_EXTENSION = new Map<string, string>([
  ...['apng', 'avif', 'flif', 'gif', 'jxl', 'png', 'webp'].map((ext) => [ext, `image/${ext}`] as const),
  ...['jpg', 'jpeg', 'jfif', 'pjpeg', 'pjp'].map((ext) => [ext, 'image/jpeg'] as const),
  ['svg', 'image/svg+xml'],
  ['mng', 'image/x-mng'],
  ['x-mng', 'image/x-mng'],
  ...['css', 'csv', 'html', 'php', 'xml'].map((ext) => [ext, `text/${ext}`] as const),
  ...['plain', 'md', 'txt'].map((ext) => [ext, 'text/plain'] as const),
  ['js', 'text/javascript'],
  ['wasm', 'application/wasm'],
]);

/** The extension that the reference gives a file of a MIME type where several would do. */
const CANONICAL_EXTENSION = new Map<string, string>([
  ...[...MIME_OF_EXTENSION].map(([ext, mime]) => [mime, ext] as const),
  ['image/jpeg', 'pjp'],
  ['image/x-mng', 'x-mng'],
  ['text/plain', 'txt'],
]);

export function mimeOfExtension(extension: string): string | undefined {
  return MIME_OF_EXTENSION.get(extension);
}

export function canonicalExtension(mime: string): string | undefined {
  return CANONICAL_EXTENSION.get(mime);
}

/** Stem and extension (without the dot) of one path segment, as the reference splits them; `.x` has no extension. */
export function splitName(name: string): { stem: string; extension?: string } {
  const dot = name.lastIndexOf('.');
  return dot <= 0 || name === '..' ? { stem: name } : { stem: name.slice(0, dot), extension: name.slice(dot + 1) };
}

/** Whether a file of this name can be an icon: the part of the icon rule that looks at the extension. */
export function isImageName(name: string): boolean {
  const { extension } = splitName(name);
  return extension !== undefined && (mimeOfExtension(extension)?.startsWith('image/') ?? false);
}
