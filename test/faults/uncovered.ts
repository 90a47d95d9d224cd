/** Bytes of a package that no hash, signature or rule of ours covers: half-open ranges of positions. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
  readonly why: string;
}

/**
 * The bytes of a canonical, complete package that may change without verification noticing. None: magic and version
 * say what the file is, positions and table sizes are not signed but every stretch of the file must be used exactly
 * once, types must fit what a package holds, and the rest is hashed.
 */
export async function uncoveredRanges(_bytes: Uint8Array): Promise<readonly ByteRange[]> {
  return [];
}
