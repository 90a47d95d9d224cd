/**
 * Everything that an editor asks about manifests, in one place: the host loads it when the first manifest is opened, not
 * when it starts.
 */

export { folderOfManifest, manifestsFor, mayBeManifest } from './detect.ts';
export { type Fix, fixesFor, wrapperFolder } from './fixes.ts';
export { mentionsInCode } from './language/code-mentions.ts';
export { type Completion, complete, type PathContext, pathContextAt } from './language/complete.ts';
export {
  declarationsOf,
  type EntityMention,
  entitiesOf,
  mentionAt,
  mentionsOf,
  problemOfId,
  renameEntity,
} from './language/entities.ts';
export { hover } from './language/hover.ts';
export { linksOf } from './language/links.ts';
export { documentSymbols, foldingSpans, type ManifestSymbol } from './language/symbols.ts';
export { type ManifestReading, type ManifestSurroundings, readManifest } from './lint-manifest.ts';
export { TextLinter, type TextReport } from './lint-text.ts';
export { nodeAt } from './meaning/data-tree.ts';
export { Modules } from './meaning/modules.ts';
export { ParseCache } from './text/parse.ts';
export { surroundingsOf } from './wrapper/find-manifest.ts';
