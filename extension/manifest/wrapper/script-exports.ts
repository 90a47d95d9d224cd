import { typescript } from '../typescript-parser.ts';

/** The names that a module exports; undefined if it exports more than can be seen (`export *`). */
export function exportedNames(text: string): ReadonlySet<string> | undefined {
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
