import { type Node, parseTree } from 'jsonc-parser';
import type { ManifestText, TextNode, TextProperty } from './tree.ts';

/** Parses JSON, tolerating whatever half-typed text holds. */
export function parseJsonText(text: string): ManifestText {
  const tree = parseTree(text, [], { allowTrailingComma: true });
  return { text, ...(tree && { root: convert(tree) }), declarations: new Map(), imports: new Map() };
}

function convert(node: Node): TextNode {
  const span = { start: node.offset, end: node.offset + node.length };
  switch (node.type) {
    case 'object':
      return { ...span, kind: 'object', properties: (node.children ?? []).flatMap(toProperty) };
    case 'array':
      return { ...span, kind: 'array', items: (node.children ?? []).map(convert) };
    default:
      return { ...span, kind: 'value', value: node.value as string | number | boolean | null };
  }
}

function toProperty(node: Node): TextProperty[] {
  const [key, value] = node.children ?? [];
  if (!key) return [];
  const keySpan = { start: key.offset, end: key.offset + key.length };
  return [{ key: String(key.value), keySpan, value: value ? convert(value) : { ...keySpan, kind: 'opaque' } }];
}
