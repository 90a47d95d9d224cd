import type { FindingCode } from '../../extension/engine/finding-codes.ts';

export interface Expected {
  readonly opens: boolean;
  readonly intact: boolean;
  readonly canonical: boolean;
  readonly complete: boolean;
  /** Codes of all findings but information, sorted, each once. */
  readonly codes: readonly FindingCode[];
}

export interface ConformanceCase {
  /** Folder name; ends in `_fail` where verification must end with an error. */
  readonly name: string;
  readonly about: string;
  readonly expected: Expected;
  readonly bytes: Uint8Array;
}

export const GOOD: Expected = { opens: true, intact: true, canonical: true, complete: true, codes: [] };
export const CLOSED: Omit<Expected, 'codes'> = { opens: false, intact: false, canonical: false, complete: false };
