import type { JsonObject } from '../../engine/package/json.ts';
import type { ExamineManifest, ManifestView } from '../../engine/verify/verify-sections.ts';
import { withoutEchoes } from '../echoes.ts';
import { dataOfJson } from '../meaning/data-of-json.ts';
import { child, keysOf, stringOf } from '../meaning/data-tree.ts';
import { imagesUsed, isScript, proceduresOf } from './procedures.ts';
import { checkRules03 } from './rules.ts';
import { findSchemaViolations } from './schema-findings.ts';
import { checkExports } from './script-exports.ts';

/** Judges the manifest in a package by the rules that lint has for its text. */
export const examineManifest03: ExamineManifest = (manifest: JsonObject, script?: string): ManifestView => {
  const root = dataOfJson(manifest);
  const volumes = child(root, 'volumes');
  return {
    findings: withoutEchoes([
      ...findSchemaViolations(root),
      ...checkRules03(root),
      ...(script === undefined ? [] : checkExports(root, script, 'the module of scripts')),
    ]),
    images: imagesUsed(root),
    scripts: proceduresOf(root)
      .filter(isScript)
      .map(({ path }) => path),
    assets: keysOf(volumes).filter((id) => stringOf(child(child(volumes, id), 'type')) === 'assets'),
  };
};
