import { tooManyClosedAt } from '../../engine/brackets.ts';
import { type Finding, finding } from '../../engine/finding.ts';
import type { DataNode } from '../meaning/data-tree.ts';
import { typescript } from '../text/typescript-parser.ts';
import { isScript, proceduresOf } from './procedures.ts';

/** Characters of a script that is looked into; bundles have some hundred thousand. */
const MAX_SCRIPT = 1 << 20;

/** The names that a module exports; undefined if it exports more than can be seen (`export *`), or is no module that anybody wrote. */
export function exportedNames(text: string): ReadonlySet<string> | undefined {
  if (text.length > MAX_SCRIPT || tooManyClosedAt(text) !== undefined) return undefined;
  const names = new Set<string>();
  let isOpen = false;
  typescript.parse(text).iterate({
    enter: ({ node }) => {
      if (node.name !== 'ExportDeclaration') return node.name === 'Script' || node.parent === null;
      if (node.getChild('Star')) isOpen = true;
      const group = node.getChild('ExportGroup');
      if (group) {
        let last = '';
        for (let child = group.firstChild; child; child = child.nextSibling) {
          if (child.name === ',' || child.name === '}') {
            if (last !== '') names.add(last);
            last = '';
          } else if (/Name$|^default$/.test(child.name)) last = text.slice(child.from, child.to);
        }
      }
      for (const kind of ['VariableDeclaration', 'FunctionDeclaration', 'ClassDeclaration']) {
        for (const definition of node.getChild(kind)?.getChildren('VariableDefinition') ?? [])
          names.add(text.slice(definition.from, definition.to));
      }
      return false;
    },
  });
  return isOpen ? undefined : names;
}

/** What each script procedure calls must be there (s9pk-v1 section 2.5). @param shown what the module is called in messages */
export function checkExports(root: DataNode, text: string, shown: string): Finding[] {
  const names = exportedNames(text);
  if (!names) return [];
  return proceduresOf(root)
    .filter(isScript)
    .flatMap(({ path }) => {
      const name = exportOf(path);
      if (name === undefined || names.has(name)) return [];
      const message = `${shown} does not export "${name}", which this procedure calls`;
      return [finding('script-export', message, { path: `${path}/type` })];
    });
}

const EXPORTS: readonly (readonly [RegExp, string])[] = [
  [/^\/main$/, 'main'],
  [/^\/properties$/, 'properties'],
  [/^\/config\/get$/, 'getConfig'],
  [/^\/config\/set$/, 'setConfig'],
  [/^\/backup\/create$/, 'createBackup'],
  [/^\/backup\/restore$/, 'restoreBackup'],
  [/^\/migrations\//, 'migration'],
  [/^\/health-checks\//, 'health'],
  [/^\/actions\//, 'action'],
  [/^\/dependencies\//, 'dependencies'],
];

/** The export of embassy.js that a script procedure calls. */
function exportOf(path: string): string | undefined {
  return EXPORTS.find(([pattern]) => pattern.test(path))?.[1];
}
