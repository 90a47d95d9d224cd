import type { FindingCode } from '../../engine/finding-codes.ts';

/** What of a 0.3 wrapper somebody has to decide about; each is a finding, and has a page. */
export const MARK_CODES = [
  'migrate-action',
  'migrate-backup',
  'migrate-config',
  'migrate-dependency',
  'migrate-health',
  'migrate-image',
  'migrate-interface',
  'migrate-main',
  'migrate-text',
  'migrate-version',
] as const satisfies readonly FindingCode[];
export type MarkCode = (typeof MARK_CODES)[number];

/** One decision that is left, as a comment in the code says it. */
export interface Mark {
  readonly code: MarkCode;
  readonly message: string;
  /** Offsets of the comment in the text, the end exclusive. */
  readonly start: number;
  readonly end: number;
}

/** The comment that asks for a decision: one line, whatever is in the text. */
export function mark(code: MarkCode, message: string): string {
  return `// TODO(s9pk): ${code} ${onOneLine(message)}`;
}

/** Text that a line comment can hold: whatever ends a line in TypeScript becomes a blank. */
export function onOneLine(text: string): string {
  return text.replace(/[\s\u2028\u2029]+/g, ' ').trim();
}

const MARK = /\/\/ TODO\(s9pk\): ([a-z-]+) ([^\r\n\u2028\u2029]*)/g;

/** The decisions that a module's comments ask for, in the order of the text. Comments with other codes are nobody's. */
export function marksIn(text: string): Mark[] {
  return [...text.matchAll(MARK)].flatMap((match) => {
    const code = MARK_CODES.find((known) => known === match[1]);
    if (!code) return [];
    const [whole, , message = ''] = match;
    return [{ code, message: message.trim(), start: match.index, end: match.index + whole.trimEnd().length }];
  });
}
