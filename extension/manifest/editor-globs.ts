/** Which files an editor asks about and watches, as globs. */

/** Plain manifests by their name; their content decides. */
export const DATA_MANIFEST_GLOB = '**/manifest.{yaml,yml,json,toml}';
/** A wrapper's TypeScript. */
export const WRAPPER_CODE_GLOB = '**/startos/**/*.ts';
/** Files that change what a manifest says or is. */
export const MANIFEST_FILES_GLOB = '**/{startos/**/*.ts,manifest.{yaml,yml,json,toml},package.json}';
/** Files whose change may mend or break something that a manifest names. */
export const NAMED_FILES_GLOB =
  '**/{icon,ICON,LICENSE,LICENSE.*,instructions.md,INSTRUCTIONS.md,Makefile,Dockerfile*,embassy.*,package.json}*';
/** What asks for a completion as soon as it is typed. */
export const COMPLETION_TRIGGERS = [' ', ':', '"', "'", '-', '/'] as const;

/** Whether a blank that was typed asks for a value: only where one begins, not between the words of a text. */
export function blankAsksForValue(before: string): boolean {
  return /[:=-]$/.test(before.trimEnd());
}
