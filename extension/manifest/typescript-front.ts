import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { ManifestText, Span, TextNode, TextProperty } from './tree.ts';

const typescript = parser.configure({ dialect: 'ts' });

/**
 * Parses a TypeScript module far enough to find the object given to `setupManifest` (or, without one, an exported
 * `manifest`), what its names stand for in the module, and where imported ones come from. Nothing is executed.
 */
export function parseTypeScriptText(text: string): ManifestText {
  const module = new ModuleReader(text);
  module.read();
  const { declarations, imports } = module;
  const root = module.manifest ?? declarations.get('manifest');
  return { text, ...(root && { root }), declarations, imports };
}

/** Calls whose result says what their argument says. */
const SEEN_THROUGH = ['setupManifest', 'VersionInfo.of', 'VersionGraph.of'];

class ModuleReader {
  readonly declarations = new Map<string, TextNode>();
  readonly imports = new Map<string, { from: string; name: string }>();
  manifest: TextNode | undefined;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  read(): void {
    typescript.parse(this.text).iterate({
      enter: ({ node }) => {
        if (node.name === 'ImportDeclaration') this.readImport(node);
        else if (node.name === 'VariableDeclaration') this.readVariables(node);
        else if (node.name === 'CallExpression' && this.textOf(node.firstChild) === 'setupManifest') {
          const argument = node.getChild('ArgList')?.firstChild?.nextSibling;
          if (argument) this.manifest ??= this.convert(argument);
        }
      },
    });
  }

  private readImport(node: SyntaxNode): void {
    const from = this.stringOf(node.getChild('String'));
    const group = node.getChild('ImportGroup');
    if (from === undefined || !group) return;
    let name: string | undefined;
    for (let child = group.firstChild; child; child = child.nextSibling) {
      if (child.name === 'VariableName') name = this.textOf(child);
      if (child.name !== 'VariableDefinition') continue;
      const local = this.textOf(child);
      this.imports.set(local, { from, name: name ?? local });
      name = undefined;
    }
  }

  private readVariables(node: SyntaxNode): void {
    for (const definition of node.getChildren('VariableDefinition')) {
      let next = definition.nextSibling;
      while (next && next.name !== 'Equals' && next.name !== ',') next = next.nextSibling;
      const value = next?.name === 'Equals' ? next.nextSibling : undefined;
      if (value) this.declarations.set(this.textOf(definition), this.convert(value));
    }
  }

  private convert(node: SyntaxNode): TextNode {
    const span = spanOf(node);
    switch (node.name) {
      case 'ObjectExpression':
        return {
          ...span,
          kind: 'object',
          properties: node.getChildren('Property').flatMap((item) => this.toProperty(item)),
        };
      case 'ArrayExpression':
        return { ...span, kind: 'array', items: this.itemsOf(node) };
      case 'String':
        return { ...span, kind: 'value', value: this.stringOf(node) ?? '' };
      case 'TemplateString':
        return node.firstChild
          ? { ...span, kind: 'opaque' }
          : { ...span, kind: 'value', value: this.textOf(node).slice(1, -1) };
      case 'Number':
        return { ...span, kind: 'value', value: Number(this.textOf(node).replaceAll('_', '')) };
      case 'BooleanLiteral':
        return { ...span, kind: 'value', value: this.textOf(node) === 'true' };
      case 'null':
        return { ...span, kind: 'value', value: null };
      case 'VariableName':
        return { ...span, kind: 'reference', name: this.textOf(node) };
      case 'ParenthesizedExpression':
        return this.convertInner(node.firstChild?.nextSibling, span);
      case 'BinaryExpression':
        // `value as Type` and `value satisfies Type` are the value.
        return node.getChild('as') || node.getChild('satisfies')
          ? this.convertInner(node.firstChild, span)
          : { ...span, kind: 'opaque' };
      case 'CallExpression':
        // The object that one of these calls is given is what the call stands for.
        return SEEN_THROUGH.includes(this.textOf(node.firstChild))
          ? this.convertInner(node.getChild('ArgList')?.firstChild?.nextSibling, span)
          : { ...span, kind: 'opaque' };
      default:
        return { ...span, kind: 'opaque' };
    }
  }

  private convertInner(node: SyntaxNode | null | undefined, span: Span): TextNode {
    return node ? this.convert(node) : { ...span, kind: 'opaque' };
  }

  private itemsOf(node: SyntaxNode): TextNode[] {
    const items: TextNode[] = [];
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (!['[', ']', ',', 'LineComment', 'BlockComment'].includes(child.name)) items.push(this.convert(child));
    }
    return items;
  }

  /** Spreads and computed keys have no key of their own and are left out. */
  private toProperty(node: SyntaxNode): TextProperty[] {
    const keyNode = node.firstChild;
    if (keyNode?.name !== 'PropertyDefinition' && keyNode?.name !== 'String' && keyNode?.name !== 'Number') return [];
    const key = keyNode.name === 'String' ? (this.stringOf(keyNode) ?? '') : this.textOf(keyNode);
    const keySpan = spanOf(keyNode);
    const next = keyNode.nextSibling;
    if (!next) return [{ key, keySpan, value: { ...keySpan, kind: 'reference', name: key } }];
    const value = next.name === ':' ? next.nextSibling : undefined;
    return [{ key, keySpan, value: value ? this.convert(value) : { ...spanOf(node), kind: 'opaque' } }];
  }

  private textOf(node: SyntaxNode | null): string {
    return node ? this.text.slice(node.from, node.to) : '';
  }

  private stringOf(node: SyntaxNode | null): string | undefined {
    if (!node) return undefined;
    const body = this.textOf(node).slice(1, -1);
    return body.replace(/\\(u\{[0-9a-f]+\}|u[0-9a-f]{4}|x[0-9a-f]{2}|.)/gis, (_, sequence: string) =>
      decodeEscape(sequence),
    );
  }
}

function spanOf(node: SyntaxNode): Span {
  return { start: node.from, end: node.to };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  '0': '\0',
  '\n': '',
};

function decodeEscape(sequence: string): string {
  const code = /^(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2}))$/i.exec(sequence);
  if (!code) return ESCAPES[sequence] ?? sequence;
  const point = Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '0', 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}
