import type { Finding } from '../engine/finding.ts';
import type { TextEdit } from './edits/edit.ts';
import { type Fix, fixesFor } from './fixes.ts';
import { rangeOfSpan, type TextRange } from './language/ranges.ts';
import type { ManifestReading } from './lint-manifest.ts';
import type { ReadText } from './meaning/modules.ts';

/** What fixes do together. */
export interface CombinedFix {
  /** Files to make, where there is none of that name. */
  readonly creates: readonly { readonly file: string; readonly text: string }[];
  readonly edits: readonly { readonly file: string; readonly range: TextRange; readonly text: string }[];
}

/** The fixes that cannot be wrong, one a finding. */
export function safeFixes(findings: readonly Finding[], reading: ManifestReading): Fix[] {
  return findings.flatMap((found) => fixesFor(found, reading).find(({ isSafe }) => isSafe) ?? []);
}

/** Puts fixes together, for the texts as they were read: what was changed since is left alone. */
export async function combineFixes(
  fixes: readonly Fix[],
  reading: ManifestReading,
  readText: ReadText,
): Promise<CombinedFix> {
  const texts = new Map(reading.modules.all().map(({ file, text }) => [file, text.text]));
  const taken: TextEdit[] = [];
  for (const { edits } of fixes) {
    // Two fixes for one place cannot both be applied; the second is found again afterwards.
    const overlaps = edits.some(({ file, start, end }) =>
      taken.some((other) => other.file === file && start <= other.end && other.start <= end),
    );
    if (!overlaps) taken.push(...edits);
  }
  const combined: { file: string; range: TextRange; text: string }[] = [];
  for (const { file, text, ...span } of taken) {
    const source = texts.get(file);
    if (source !== undefined && source === (await readText(file)))
      combined.push({ file, range: rangeOfSpan(source, span), text });
  }
  return { creates: fixes.flatMap(({ create }) => create ?? []), edits: combined };
}
