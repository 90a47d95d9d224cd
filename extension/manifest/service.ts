/**
 * Everything that an editor asks about manifests, in one place: the host loads it when the first manifest is opened, not
 * when it starts.
 */
export { combineFixes, safeFixes } from './combine-fixes.ts';
export { type Fix, fixesFor, wrapperFolder } from './fixes.ts';
export { type Completion, complete, pathContextAt } from './language/complete.ts';
export { type EntityMention, mentionAt } from './language/entities.ts';
export { hover } from './language/hover.ts';
export { linksOf } from './language/links.ts';
export { type AskedAt, definitionAt, NOT_RENAMED, referencesAt, renameAt, type Target } from './language/navigate.ts';
export { folderTyped, pathItems, sdkMarker } from './language/path-items.ts';
export { documentSymbols, foldingSpans, type ManifestSymbol } from './language/symbols.ts';
export type { ManifestReading } from './lint-manifest.ts';
export { TextLinter, type TextReport } from './lint-text.ts';
export { nodeAt } from './meaning/data-tree.ts';
export { OpenManifests } from './open-manifests.ts';
