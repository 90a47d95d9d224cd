import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { EntityKind } from '../schema/schema.ts';
import type { EntityMention } from './entities.ts';

const typescript = parser.configure({ dialect: 'ts' });

/** Properties of the SDK's calls that name things of the manifest. */
const PROPERTIES: Readonly<Record<string, EntityKind>> = {
  volumeId: 'volume',
  imageId: 'image',
  dependencyId: 'dependency',
};

/** Where a wrapper's code names volumes, images and dependencies: `mountVolume({ volumeId: 'main', ... })`. */
export function mentionsInCode(file: string, text: string): EntityMention[] {
  if (!Object.keys(PROPERTIES).some((name) => text.includes(name))) return [];
  const found: EntityMention[] = [];
  typescript.parse(text).iterate({
    enter: ({ node }) => {
      if (node.name !== 'ObjectExpression') return;
      const properties = node.getChildren('Property').flatMap((item) => named(item, text));
      // A volume of a dependency is that package's own.
      const isForeign = properties.some(({ name }) => name === 'dependencyId');
      for (const { name, value } of properties) {
        const kind = PROPERTIES[name];
        if (!kind || (isForeign && kind === 'volume')) continue;
        const quote = text[value.from] ?? "'";
        const id = text.slice(value.from + 1, value.to - 1);
        const render = (other: string) => `${quote}${other}${quote}`;
        found.push({ kind, id, isDeclaration: false, file, span: { start: value.from, end: value.to }, render });
      }
    },
  });
  return found;
}

function named(property: SyntaxNode, text: string): { name: string; value: SyntaxNode }[] {
  const key = property.getChild('PropertyDefinition');
  const value = property.getChild('String');
  return key && value ? [{ name: text.slice(key.from, key.to), value }] : [];
}
