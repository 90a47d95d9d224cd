import type { Place } from '../../engine/finding.ts';
import { positionOf } from '../../engine/line-table.ts';
import type { Span } from '../text/tree.ts';

/** As editors count: lines and UTF-16 units from 0, lines end with a line feed. */
export interface TextPosition {
  readonly line: number;
  readonly character: number;
}

/** The end is exclusive. */
export interface TextRange {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

/** The range of offsets in a text. */
export function rangeOfSpan(text: string, { start, end }: Span): TextRange {
  return { start: positionAt(text, start), end: positionAt(text, end) };
}

function positionAt(text: string, offset: number): TextPosition {
  const { line, column } = positionOf(text, offset);
  return { line: line - 1, character: column - 1 };
}

/** The range of a finding's place; of a place without an end, all of its line: then `end` is undefined. */
export function rangeOfPlace({ line = 1, column = 1, endLine, endColumn = 1 }: Place): {
  readonly start: TextPosition;
  readonly end: TextPosition | undefined;
} {
  const start = { line: line - 1, character: column - 1 };
  return { start, end: endLine === undefined ? undefined : { line: endLine - 1, character: endColumn - 1 } };
}

/**
 * What an edit makes of things with a range: those above it stay, those below move along, and those whose own lines are
 * edited are gone, so that nothing stale stays.
 */
export function followEdit<T extends { readonly range: TextRange }>(
  items: readonly T[],
  edited: TextRange,
  text: string,
  moved: (item: T, byLines: number) => T,
): T[] {
  const lines = text.split('\n').length - 1 - (edited.end.line - edited.start.line);
  return items.flatMap((item) => {
    if (item.range.end.line < edited.start.line) return [item];
    if (item.range.start.line <= edited.end.line) return [];
    return [moved(item, lines)];
  });
}
