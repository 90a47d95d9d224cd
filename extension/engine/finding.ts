import { FINDING_CODES, type FindingClass, type FindingCode, type Severity } from './finding-codes.ts';

/** Where a problem is. Lines and columns count from 1. */
export interface Place {
  /** File on disk: absolute, or as the caller named it. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  /** A path inside the archive (`images/x86_64/main.squashfs`) or a JSON pointer in the manifest (`/images/main`). */
  readonly path?: string;
}

/** One problem, with what to do about it in `message`. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly message: string;
  readonly where: Place;
}

/** Makes a finding with the severity that belongs to its code. */
export function finding(code: FindingCode, message: string, where: Place = {}): Finding {
  return { code, severity: FINDING_CODES[code][1], message, where };
}

/** The class of a finding's code. */
export function classOf(found: Finding): FindingClass {
  return FINDING_CODES[found.code][0];
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((found) => found.severity === 'error');
}

/** Findings of several lists, each once; those that have no file are given one, which their path then points into. */
export function inFile(file: string, ...lists: readonly (readonly Finding[])[]): Finding[] {
  return [...new Set(lists.flat())].map((found) => ({ ...found, where: { file, ...found.where } }));
}

/** Thrown where an operation cannot go on; carries every finding made up to there. */
export class FindingError extends Error {
  override readonly name = 'FindingError';
  readonly findings: readonly Finding[];
  constructor(findings: readonly Finding[]) {
    super(findings.map((found) => found.message).join('\n'));
    this.findings = findings;
  }
}
