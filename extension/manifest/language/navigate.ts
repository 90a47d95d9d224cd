import type { TextEdit } from '../edits/edit.ts';
import type { ManifestReading } from '../lint-manifest.ts';
import type { ReadText } from '../meaning/modules.ts';
import { declarationsOf, type EntityMention, mentionAt, mentionsOf, problemOfId, renameEntity } from './entities.ts';
import { linksOf } from './links.ts';
import { rangeOfSpan, type TextRange } from './ranges.ts';

/** Where a question is asked: what the manifest says, every mention in its wrapper, and the place. */
export interface AskedAt {
  readonly reading: ManifestReading;
  readonly mentions: readonly EntityMention[];
  readonly file: string;
  readonly offset: number;
}

/** A place in a file that an editor can go to. */
export interface Target {
  readonly file: string;
  readonly range: TextRange;
}

const START: TextRange = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };

/** Where what stands at a place is declared; of a path, the file. */
export function definitionAt({ reading, mentions, file, offset }: AskedAt): Target[] {
  const mention = mentionAt(mentions, file, offset);
  if (mention && !mention.isDeclaration) return declarationsOf(mentions, mention).map(targetOf);
  return linksOf(reading).flatMap(({ file: from, span, target }) =>
    from === file && span.start <= offset && offset <= span.end && 'path' in target
      ? [{ file: target.path, range: START }]
      : [],
  );
}

/** Every place that names what stands at a place. */
export function referencesAt({ mentions, file, offset }: AskedAt, withDeclaration: boolean): Target[] {
  const mention = mentionAt(mentions, file, offset);
  if (!mention) return [];
  return mentionsOf(mentions, mention)
    .filter((item) => withDeclaration || !item.isDeclaration)
    .map(targetOf);
}

function targetOf({ file, span, text }: EntityMention): Target {
  return { file, range: rangeOfSpan(text, span) };
}

/** Why nothing can be renamed at a place that names nothing of the manifest. */
export const NOT_RENAMED =
  'Only volumes, images, interfaces, actions, health checks and dependencies can be renamed here';

/**
 * What renames the thing at a place everywhere.
 * @throws Error with a message for the user: nothing there has a name, the name cannot be given, a file was changed meanwhile
 */
export async function renameAt(
  { reading, mentions, file, offset }: AskedAt,
  id: string,
  readText: ReadText,
): Promise<(Target & Pick<TextEdit, 'text'>)[]> {
  const mention = mentionAt(mentions, file, offset);
  if (!mention) throw new Error(NOT_RENAMED);
  const problem = problemOfId(reading, mentions, mention, id);
  if (problem) throw new Error(problem);
  const edits: (Target & Pick<TextEdit, 'text'>)[] = [];
  for (const { file: edited, text, ...span } of renameEntity(mentions, mention, id)) {
    // The text that the offsets are of.
    const source = mentions.find((item) => item.file === edited)?.text;
    if (source === undefined || source !== (await readText(edited)))
      throw new Error(`${edited} was changed meanwhile; try again`);
    edits.push({ file: edited, range: rangeOfSpan(source, span), text });
  }
  return edits;
}
