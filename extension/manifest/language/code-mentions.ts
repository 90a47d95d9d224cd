import type { SyntaxNode } from '@lezer/common';
import type { EntityKind } from '../schema/schema.ts';
import { typescript } from '../text/typescript-parser.ts';
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
  const add: Add = (kind, { from, to }, id, render) => {
    const span = { start: from, end: to };
    found.push({ ...{ kind, id, isDeclaration: false, file, span, text }, render });
  };
  typescript.parse(text).iterate({
    enter: ({ node }) => {
      if (node.name === 'ObjectExpression') addOfObject(node, text, add);
      else if (node.name === 'CallExpression') addOfCall(node, text, add);
      else if (node.name === 'MemberExpression') addOfMember(node, text, add);
    },
  });
  return found;
}

/** Takes a mention where it stands. @param render how another id is written in its place */
type Add = (
  kind: EntityKind,
  place: { readonly from: number; readonly to: number },
  id: string,
  render: (id: string) => string,
) => void;

const NAME = /^[A-Za-z_]\w*$/;

function addText(kind: EntityKind, value: SyntaxNode, text: string, add: Add): void {
  const quote = text[value.from] ?? "'";
  add(kind, value, text.slice(value.from + 1, value.to - 1), (id) => `${quote}${id}${quote}`);
}

function addOfCall(node: SyntaxNode, text: string, add: Add): void {
  const method = /(?:^|\.)(\w+)$/.exec(textOf(node.firstChild, text))?.[1];
  const list = node.getChild('ArgList');
  if (method === 'setupDependencies') {
    for (const object of returnedBy(list?.getChild('ArrowFunction')))
      for (const property of object.getChildren('Property')) addKey(property, text, add);
  } else if (method === 'checkDependencies') {
    for (const value of list?.getChild('ArrayExpression')?.getChildren('String') ?? [])
      addText('dependency', value, text, add);
  } else if (/\.ofVolumes$/.test(textOf(node.firstChild, text))) {
    for (const value of list?.getChildren('String') ?? []) addText('volume', value, text, add);
  }
}

/** A key that is a dependency's id. */
function addKey({ firstChild: key }: SyntaxNode, text: string, add: Add): void {
  if ((key?.name !== 'PropertyDefinition' && key?.name !== 'String') || key.nextSibling?.name !== ':') return;
  const id = textOf(key, text).replace(/^["']|["']$/g, '');
  add('dependency', key, id, (other) => (NAME.test(other) ? other : `'${other}'`));
}

/** `sdk.volumes.main` */
function addOfMember(node: SyntaxNode, text: string, add: Add): void {
  if (!/(?:^|\.)volumes$/.test(textOf(node.firstChild, text))) return;
  const name = node.getChild('PropertyName');
  const dot = name?.prevSibling;
  if (!name || dot?.name !== '.') return;
  const place = { from: dot.from, to: name.to };
  add('volume', place, textOf(name, text), (other) => (NAME.test(other) ? `.${other}` : `['${other}']`));
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

function addOfObject(node: SyntaxNode, text: string, add: Add): void {
  const properties = node.getChildren('Property').map((item) => named(item, text));
  // A volume of a dependency is that package's own.
  const isForeign = properties.some(({ name }) => name === 'dependencyId');
  for (const { name, value } of properties) {
    const kind = PROPERTIES[name];
    if (kind && value && !(isForeign && kind === 'volume')) addText(kind, value, text, add);
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
