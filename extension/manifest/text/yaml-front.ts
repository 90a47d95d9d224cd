import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Parser,
  visit,
  YAMLParseError,
} from 'yaml';
import { BUDGET } from '../../engine/budget.ts';
import { dataText, type ManifestText, type TextNode, type TextProblem, type TextProperty } from './tree.ts';

/** Parses YAML 1.2, tolerating errors. Aliases are what they stand for; merge keys are not applied, as in the reference. */
export function parseYamlText(text: string): ManifestText {
  const tokens = [...new Parser().parse(text)];
  const deep = tooDeepAt(tokens);
  if (deep !== undefined) {
    const message = `this is nested in more than ${BUDGET.manifestBrackets} lists and keys`;
    return dataText('yaml', text, undefined, [
      { code: 'manifest-json', message, span: { start: deep, end: deep + 1 } },
    ]);
  }
  const document = compose(tokens, text);
  const problems: TextProblem[] = [];
  for (const { code, message, pos } of document.errors) {
    // The reader of keys says it better: which word has no colon.
    if (code === 'MULTILINE_IMPLICIT_KEY') continue;
    const [start, end] = pos;
    const span = { start, end: Math.max(end, start + 1) };
    problems.push({ code: 'manifest-json', message: `not valid YAML: ${explain(message)}`, span });
  }
  const reader = new YamlReader(text, document, problems);
  const root = document.contents ? reader.convert(document.contents as Node, 0) : undefined;
  return dataText('yaml', text, root, problems);
}

/** Offset of the first token that is nested deeper than any manifest; what composes a document calls itself for each level. */
function tooDeepAt(tokens: readonly CST.Token[]): number | undefined {
  const open = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { token, depth } = next;
    if (depth > BUDGET.manifestBrackets) return token.offset;
    if (token.type === 'document') {
      if (token.value) open.push({ token: token.value, depth });
    } else if ('items' in token)
      for (const { key, value } of token.items)
        for (const part of [key, value]) if (part) open.push({ token: part, depth: depth + 1 });
  }
  return undefined;
}

/** The first document, as `parseDocument` gives it. */
function compose(tokens: readonly CST.Token[], text: string): Document.Parsed {
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false });
  const [first, second] = composer.compose(tokens, true, text.length);
  if (!first) throw new RangeError('no document was composed');
  if (second) {
    const [start, end] = second.range;
    first.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'Source contains multiple documents'));
  }
  return first as Document.Parsed;
}

/** The parser's messages in words of the person who types. */
function explain(message: string): string {
  if (/tab/i.test(message)) return 'indent with spaces, not with tabs';
  if (/implicit map key|Implicit keys/i.test(message)) return 'a colon and a value are missing after this key';
  if (/multiple documents/i.test(message)) return 'only one document is read; remove what follows ---';
  return message;
}

/** What each alias stands for, in one pass: asking the parser goes through the document for each. */
function targetsOf(document: Document.Parsed): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) targets.set(node, target);
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

class YamlReader {
  private readonly text: string;
  private readonly targets: ReadonlyMap<Alias, Node>;
  private readonly problems: TextProblem[];
  private aliased = 0;
  private aliasDepth = 0;

  constructor(text: string, document: Document.Parsed, problems: TextProblem[]) {
    this.text = text;
    this.targets = targetsOf(document);
    this.problems = problems;
  }

  convert(node: Node, depth: number): TextNode {
    const [start, end] = node.range ?? [0, 0];
    const span = { start, end };
    if (depth > BUDGET.manifestDepth || (this.aliasDepth > 0 && ++this.aliased > BUDGET.aliasedNodes))
      return { ...span, kind: 'opaque' };
    if (isMap(node)) {
      return { ...span, kind: 'object', properties: this.toProperties(node.items as Pair<Node, Node | null>[], depth) };
    }
    if (isSeq(node)) {
      return { ...span, kind: 'array', items: node.items.map((item) => this.convert(item as Node, depth + 1)) };
    }
    if (isAlias(node)) {
      const target = this.targets.get(node);
      if (!target) {
        const message = `not valid YAML: nothing is called &${node.source}`;
        this.report({ code: 'manifest-json', message, span });
        return { ...span, kind: 'opaque' };
      }
      this.aliasDepth++;
      const value = this.convert(target, depth + 1);
      this.aliasDepth--;
      return value;
    }
    if (!isScalar(node)) return { ...span, kind: 'opaque' };
    const { value } = node;
    const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
    return isPlain ? { ...span, kind: 'value', value: value as string } : { ...span, kind: 'opaque' };
  }

  private toProperties(pairs: readonly Pair<Node, Node | null>[], depth: number): TextProperty[] {
    const seen = new Set<string>();
    return pairs.flatMap(({ key, value }) => {
      if (!isScalar(key)) return [];
      const keySpan = this.keyOnOneLine(key.range?.[0] ?? 0, key.range?.[1] ?? 0);
      const { end } = keySpan;
      const isWhole = keySpan.start === key.range?.[0];
      const name = isWhole ? String(key.value) : this.text.slice(keySpan.start, end);
      if (this.aliasDepth === 0) this.checkKey(name, keySpan, seen);
      if (name === '<<') return [];
      const node: TextNode = value ? this.convert(value, depth + 1) : { start: end, end, kind: 'value', value: null };
      const span = { start: keySpan.start, end: Math.max(end, value?.range?.[1] ?? end) };
      return [{ key: name, keySpan, span, value: node }];
    });
  }

  /** A word that is still being typed runs into the key on the next line; the key is what stands on the last. */
  private keyOnOneLine(start: number, end: number): { start: number; end: number } {
    const source = this.text.slice(start, end);
    const newline = source.lastIndexOf('\n');
    if (newline < 0 || /^["'?]/.test(source)) return { start, end };
    const unfinished = source.slice(0, newline).trimEnd();
    const span = { start, end: start + unfinished.length };
    const message = `not valid YAML: a colon and a value are missing after "${unfinished.split('\n')[0]}"`;
    this.report({ code: 'manifest-json', message, span });
    return { start: end - source.slice(newline + 1).trimStart().length, end };
  }

  /** What aliases stand for has its problems where it stands itself. */
  private report(problem: TextProblem): void {
    if (this.aliasDepth === 0) this.problems.push(problem);
  }

  private checkKey(name: string, span: TextProblem['span'], seen: Set<string>): void {
    if (name === '<<') {
      const message = 'merge keys are not applied: write out what "<<" stands for';
      this.problems.push({ code: 'yaml-merge', message, span });
    } else if (seen.has(name)) {
      const message = `the key "${name}" stands twice; only the last one counts`;
      this.problems.push({ code: 'manifest-key-twice', message, span });
    }
    seen.add(name);
  }
}
