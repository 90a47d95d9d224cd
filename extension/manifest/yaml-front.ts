import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument } from 'yaml';
import type { ManifestText, TextNode, TextProperty } from './tree.ts';

/** Parses YAML, tolerating errors; aliases and tags are opaque. */
export function parseYamlText(text: string): ManifestText {
  const { contents } = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
  return { text, ...(contents && { root: convert(contents) }), declarations: new Map(), imports: new Map() };
}

function convert(node: Node): TextNode {
  const [start, end] = node.range ?? [0, 0];
  const span = { start, end };
  if (isMap(node)) {
    return {
      ...span,
      kind: 'object',
      properties: node.items.flatMap((pair) => toProperty(pair as Pair<Node, Node | null>)),
    };
  }
  if (isSeq(node)) return { ...span, kind: 'array', items: node.items.map((item) => convert(item as Node)) };
  if (!isScalar(node)) return { ...span, kind: 'opaque' };
  const { value } = node;
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return isPlain ? { ...span, kind: 'value', value: value as string } : { ...span, kind: 'opaque' };
}

function toProperty({ key, value }: Pair<Node, Node | null>): TextProperty[] {
  if (!isScalar(key)) return [];
  const [start, end] = key.range ?? [0, 0];
  const keySpan = { start, end };
  return [{ key: String(key.value), keySpan, value: value ? convert(value) : { ...keySpan, kind: 'opaque' } }];
}
