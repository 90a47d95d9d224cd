import type { SyntaxNode } from '@lezer/common';
import type { EntityKind } from '../schema/schema.ts';
import { typescript } from '../typescript-parser.ts';
import type { EntityMention } from './entities.ts';

/** Properties of the SDK's calls that name things of the manifest. */
const PROPERTIES: Readonly<Record<string, EntityKind>> = {
  volumeId: 'volume',
  imageId: 'image',
  dependencyId: 'dependency',
};

/**
 * Where a wrapper's code names volumes, images and dependencies: `mountVolume({ volumeId: 'main', ... })`,
 * `Backups.ofVolumes('main')`, `sdk.volumes.main`, `setupDependencies(async () => ({ bitcoind: { ... } }))`,
 * `checkDependencies(effects, ['bitcoind'])`.
 */
export function mentionsInCode(file: string, text: string): EntityMention[] {
  if (!/volumeId|imageId|dependencyId|ofVolumes|\.volumes\b|(?:setup|check)Dependencies/.test(text)) return [];
  const found: EntityMention[] = [];
  const add = (kind: EntityKind, value: SyntaxNode) => {
    const quote = text[value.from] ?? "'";
    const id = text.slice(value.from + 1, value.to - 1);
    const span = { start: value.from, end: value.to };
    found.push({
      ...{ kind, id, isDeclaration: false, file, span, text },
      render: (other) => `${quote}${other}${quote}`,
    });
  };
  const addKey = (key: SyntaxNode) => {
    const span = { start: key.from, end: key.to };
    const id = textOf(key, text).replace(/^["']|["']$/g, '');
    const render = (other: string) => (/^[A-Za-z_]\w*$/.test(other) ? other : `'${other}'`);
    found.push({ ...{ kind: 'dependency', id, isDeclaration: false, file, span, text }, render });
  };
  typescript.parse(text).iterate({
    enter: ({ node }) => {
      if (node.name === 'ObjectExpression') addOfObject(node, text, add);
      else if (node.name === 'CallExpression' && /(?:^|\.)setupDependencies$/.test(textOf(node.firstChild, text))) {
        for (const object of returnedBy(node.getChild('ArgList')?.getChild('ArrowFunction'))) {
          for (const { firstChild } of object.getChildren('Property')) {
            const isKey = firstChild?.name === 'PropertyDefinition' || firstChild?.name === 'String';
            if (isKey && firstChild.nextSibling?.name === ':') addKey(firstChild);
          }
        }
      } else if (node.name === 'CallExpression' && /(?:^|\.)checkDependencies$/.test(textOf(node.firstChild, text))) {
        const list = node.getChild('ArgList')?.getChild('ArrayExpression');
        for (const value of list?.getChildren('String') ?? []) add('dependency', value);
      } else if (node.name === 'CallExpression' && /\.ofVolumes$/.test(textOf(node.firstChild, text))) {
        for (const value of node.getChild('ArgList')?.getChildren('String') ?? []) add('volume', value);
      } else if (node.name === 'MemberExpression' && /(?:^|\.)volumes$/.test(textOf(node.firstChild, text))) {
        const name = node.getChild('PropertyName');
        const dot = name?.prevSibling;
        if (!name || dot?.name !== '.') return;
        const render = (other: string) => (/^[A-Za-z_]\w*$/.test(other) ? `.${other}` : `['${other}']`);
        const span = { start: dot.from, end: name.to };
        found.push({ ...{ kind: 'volume', id: textOf(name, text), isDeclaration: false, file, span, text }, render });
      }
    },
  });
  return found;
}

/** The objects that a function gives back, as far as they are written in it. */
function returnedBy(fn: SyntaxNode | null | undefined): SyntaxNode[] {
  const body = fn?.lastChild;
  if (body?.name !== 'Block') return objectsIn(body);
  const found: SyntaxNode[] = [];
  body.cursor().iterate(({ name, node }) => {
    // What a function inside gives back is its own.
    if (/Function|MethodDeclaration/.test(name)) return false;
    if (name !== 'ReturnStatement') return true;
    for (let value = node.firstChild; value; value = value.nextSibling) found.push(...objectsIn(value));
    return true;
  });
  return found;
}

/** An object in brackets, on either side of a condition, or with a type behind it. */
function objectsIn(node: SyntaxNode | null | undefined): SyntaxNode[] {
  if (node?.name === 'ObjectExpression') return [node];
  if (node?.name === 'ConditionalExpression')
    return node.getChildren('ObjectExpression').concat(node.getChildren('ParenthesizedExpression').flatMap(objectsIn));
  if (node?.name !== 'ParenthesizedExpression' && node?.name !== 'BinaryExpression') return [];
  const found: SyntaxNode[] = [];
  for (let inner = node.firstChild; inner; inner = inner.nextSibling) found.push(...objectsIn(inner));
  return found;
}

function addOfObject(node: SyntaxNode, text: string, add: (kind: EntityKind, value: SyntaxNode) => void): void {
  const properties = node.getChildren('Property').map((item) => named(item, text));
  // A volume of a dependency is that package's own.
  const isForeign = properties.some(({ name }) => name === 'dependencyId');
  for (const { name, value } of properties) {
    const kind = PROPERTIES[name];
    if (kind && value && !(isForeign && kind === 'volume')) add(kind, value);
  }
}

/** A property's name, and its value if that is a text without anything computed in it. */
function named(property: SyntaxNode, text: string): { name: string; value?: SyntaxNode } {
  const key = property.firstChild;
  const name = textOf(key, text).replace(/^["']|["']$/g, '');
  let value = key?.nextSibling?.name === ':' ? key.nextSibling.nextSibling : undefined;
  // `'main' as const`
  if (value?.name === 'BinaryExpression') value = value.firstChild;
  const isText = value?.name === 'String' || (value?.name === 'TemplateString' && !value.firstChild);
  return { name, ...(value && isText && { value }) };
}

function textOf(node: SyntaxNode | null | undefined, text: string): string {
  return node ? text.slice(node.from, node.to) : '';
}
