import { parseVersion, type Version, VersionError } from '../../engine/versions/exver.ts';

/** The version of start-sdk that a wrapper is made with. What it knows is asked of `engine/upstream`. */
export interface Sdk {
  readonly text: string;
  readonly version: Version;
}

/** Reads a version as package.json has it: `2.0.9`, `^0.4.0-beta.44`. */
export function parseSdk(text: string): Sdk | undefined {
  try {
    const plain = text.trim().replace(/^[~^>=v\s]+/, '');
    return { text: plain, version: parseVersion(plain.split(/\s/)[0] ?? '') };
  } catch (error) {
    if (error instanceof VersionError) return undefined;
    throw error;
  }
}
