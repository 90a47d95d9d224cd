import { type Node, type ParseError, parseTree } from 'jsonc-parser';
import { BUDGET } from '../../engine/budget.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import { describeJsonError, doubledKey } from '../../engine/package/json.ts';
import { dataText, type ManifestText, type TextNode, type TextProblem, type TextProperty } from './tree.ts';

/** Parses JSON, tolerating whatever half-typed text holds. */
export function parseJsonText(text: string): ManifestText {
  const errors: ParseError[] = [];
  const problems: TextProblem[] = [];
  const tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: true });
  for (const { error, offset, length } of errors) {
    const span = { start: offset, end: offset + length };
    problems.push({ code: 'manifest-json', message: describeJsonError(error), span });
  }
  return dataText('json', text, tree && convert(tree, problems, '', 0), problems);
}

function convert(node: Node, problems: TextProblem[], path: string, depth: number): TextNode {
  const span = { start: node.offset, end: node.offset + node.length };
  if (depth > BUDGET.manifestDepth) return { ...span, kind: 'opaque' };
  switch (node.type) {
    case 'object':
      return { ...span, kind: 'object', properties: toProperties(node.children ?? [], problems, path, depth) };
    case 'array':
      return {
        ...{ ...span, kind: 'array' },
        items: (node.children ?? []).map((item, index) => convert(item, problems, pointer(path, index), depth + 1)),
      };
    default:
      return { ...span, kind: 'value', value: node.value as string | number | boolean | null };
  }
}

function toProperties(nodes: readonly Node[], problems: TextProblem[], path: string, depth: number): TextProperty[] {
  const seen = new Set<string>();
  return nodes.flatMap((node) => {
    const [keyNode, value] = node.children ?? [];
    if (!keyNode) return [];
    const key = String(keyNode.value);
    const keySpan = { start: keyNode.offset, end: keyNode.offset + keyNode.length };
    if (seen.has(key)) {
      problems.push({ ...doubledKey(path, key), span: keySpan });
    }
    seen.add(key);
    const after = { start: keySpan.end, end: node.offset + node.length };
    const span = { start: keySpan.start, end: Math.max(keySpan.end, value ? value.offset + value.length : 0) };
    return [
      {
        key,
        keySpan,
        span,
        value: value ? convert(value, problems, pointer(path, key), depth + 1) : { ...after, kind: 'opaque' },
      },
    ];
  });
}
