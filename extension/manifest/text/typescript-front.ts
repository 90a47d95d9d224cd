import type { SyntaxNode } from '@lezer/common';
import { BUDGET } from '../../engine/budget.ts';
import type {
  Expression,
  ManifestText,
  ObjectNode,
  Parameter,
  Span,
  TextNode,
  TextProblem,
  TextProperty,
} from './tree.ts';
import { typescript } from './typescript-parser.ts';

/**
 * Parses a TypeScript module far enough to find the object given to `setupManifest` (or, without one, an exported
 * `manifest`), what its names stand for in the module, and where imported ones come from. Nothing is executed.
 */
export function parseTypeScriptText(text: string): ManifestText {
  const module = new ModuleReader(text);
  module.read();
  const { declarations, imports, reexports, dependencies } = module;
  const root = module.manifest ?? declarations.get('manifest');
  const found = { ...(root && { root }), ...(dependencies && { dependencies }) };
  const problems = module.error ? [syntaxProblem(text, module.error)] : [];
  return { language: 'typescript', text, ...found, problems, declarations, imports, reexports };
}

/** One problem for the first place where the parser is lost: what comes after it is of its making. */
function syntaxProblem(text: string, { start, end }: Span): TextProblem {
  const word = /^\s*(?:[\w$]+|\S)?/.exec(text.slice(start))?.[0] ?? '';
  const shown = word.trim();
  const message = `not valid TypeScript before ${shown === '' ? 'the end' : `"${shown}"`}: is a comma, a quote or a bracket missing?`;
  const from = start + word.length - shown.length;
  return { code: 'manifest-json', message, span: { start: from, end: Math.max(end, from + shown.length) } };
}

/** Calls whose result says what their argument says. */
const SEEN_THROUGH = ['setupManifest', 'VersionInfo.of', 'VersionGraph.of', 'Object.freeze', 'structuredClone'];
/** Operators that manifests choose their values with. */
const SIGNS = ['===', '!==', '==', '!=', '||', '&&', '??', '+', '-', '*', '**', '/', '<<'];

class ModuleReader {
  readonly declarations = new Map<string, TextNode>();
  readonly imports = new Map<string, { from: string; name: string }>();
  readonly reexports: string[] = [];
  manifest: TextNode | undefined;
  /** The first thing inside of the manifest that is not TypeScript. */
  error: Span | undefined;
  dependencies: TextNode | undefined;
  private readonly text: string;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  read(): void {
    typescript.parse(this.text).iterate({
      enter: ({ node }) => {
        if (node.type.isError) this.readError(spanOf(node));
        else if (node.name === 'ImportDeclaration') this.readImport(node);
        else if (node.name === 'ExportDeclaration') this.readExport(node);
        else if (node.name === 'VariableDeclaration') {
          // Names inside functions are not those of the module.
          if (isAtTop(node)) this.readVariables(node);
        } else if (
          node.name === 'FunctionDeclaration' ||
          node.name === 'EnumDeclaration' ||
          node.name === 'ClassDeclaration'
        ) {
          if (isAtTop(node)) this.readDeclaration(node);
        } else if (node.name === 'CallExpression') this.readCall(node);
      },
    });
  }

  private readError(span: Span): void {
    const { manifest } = this;
    if (manifest && span.start >= manifest.start && span.end <= manifest.end) this.error ??= span;
  }

  private readCall(node: SyntaxNode): void {
    const callee = this.textOf(node.firstChild);
    const [first, , third] = argumentsOf(node);
    if (callee === 'setupManifest' && first) this.manifest ??= this.convert(first);
    else if (callee === 'buildManifest' && third) this.dependencies ??= this.convert(third);
  }

  private readDeclaration(node: SyntaxNode): void {
    const name = this.textOf(node.getChild('VariableDefinition') ?? node.getChild('TypeDefinition'));
    if (name === '') return;
    const span = spanOf(node);
    if (node.name === 'FunctionDeclaration') this.declarations.set(name, this.toFunction(node, span));
    else if (node.name === 'EnumDeclaration') this.declarations.set(name, this.toEnum(node.getChild('EnumBody'), span));
    else this.declarations.set(name, this.toStatics(node.getChild('ClassBody'), span));
  }

  /** An enumeration as the object that it is: members without a value count on from the one before. */
  private toEnum(body: SyntaxNode | null, span: Span): TextNode {
    const properties: TextProperty[] = [];
    let next = 0;
    for (const nameNode of body?.getChildren('PropertyName') ?? []) {
      const valueNode = nameNode.nextSibling?.name === 'Equals' ? nameNode.nextSibling.nextSibling : undefined;
      const value: TextNode = valueNode ? this.convert(valueNode) : { ...spanOf(nameNode), kind: 'value', value: next };
      if (value.kind === 'value' && typeof value.value === 'number') next = value.value + 1;
      const whole = { start: nameNode.from, end: valueNode?.to ?? nameNode.to };
      properties.push({ key: this.textOf(nameNode), keySpan: spanOf(nameNode), span: whole, value });
    }
    return { ...span, kind: 'object', properties };
  }

  /** The static members of a class; it may have more than can be seen. */
  private toStatics(body: SyntaxNode | null, span: Span): TextNode {
    const properties: TextProperty[] = [];
    for (const member of body?.getChildren('PropertyDeclaration') ?? []) {
      const nameNode = member.getChild('PropertyDefinition');
      const valueNode = member.getChild('Equals')?.nextSibling;
      if (!member.getChild('static') || !nameNode || !valueNode) continue;
      const value = this.convert(valueNode);
      properties.push({ key: this.textOf(nameNode), keySpan: spanOf(nameNode), span: spanOf(member), value });
    }
    return { ...span, kind: 'object', properties, spreads: [{ node: { ...span, kind: 'opaque' }, index: 0 }] };
  }

  private readImport(node: SyntaxNode): void {
    const from = this.stringOf(node.getChild('String'));
    if (from === undefined) return;
    const group = node.getChild('ImportGroup');
    if (group) this.readNames(group, from, 'VariableDefinition');
    const own = node.getChild('VariableDefinition');
    if (own) this.imports.set(this.textOf(own), { from, name: node.getChild('Star') ? '*' : 'default' });
  }

  /** `export default value`, `export { a, b as c } from './d'`, `export * from './d'`. */
  private readExport(node: SyntaxNode): void {
    const from = this.stringOf(node.getChild('String'));
    const group = node.getChild('ExportGroup');
    if (from !== undefined && group) this.readNames(group, from, 'VariableName');
    else if (from !== undefined && node.getChild('Star')) this.reexports.push(from);
    const keyword = node.getChild('default');
    let value = keyword?.nextSibling;
    while (value && COMMENTS.includes(value.name)) value = value.nextSibling;
    if (value) this.declarations.set('default', this.convert(value));
  }

  /** The names between the braces of an import or export; `a as b` is a there and b here. */
  private readNames(group: SyntaxNode, from: string, local: string): void {
    const names: string[] = [];
    const take = () => {
      const [there, here] = names.splice(0);
      if (there !== undefined) this.imports.set(here ?? there, { from, name: there });
    };
    for (let child = group.firstChild; child; child = child.nextSibling) {
      if (child.name === ',') take();
      else if (child.name === 'VariableName' || child.name === local || child.name === 'default')
        names.push(this.textOf(child));
    }
    take();
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
    if (this.depth >= BUDGET.manifestDepth) return { ...spanOf(node), kind: 'opaque' };
    this.depth++;
    const converted = this.convertKind(node);
    this.depth--;
    return converted;
  }

  private convertKind(node: SyntaxNode): TextNode {
    const span = spanOf(node);
    switch (node.name) {
      case 'ObjectExpression':
        return this.toObject(node, span);
      case 'ArrayExpression':
        return { ...span, kind: 'array', items: this.itemsOf(node) };
      case 'String':
        return { ...span, kind: 'value', value: this.stringOf(node) ?? '' };
      case 'TemplateString':
        return this.toTemplate(node, span);
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
      case 'UnaryExpression':
        return this.toNegation(node, span);
      case 'BinaryExpression':
        return this.toBinary(node, span);
      case 'ConditionalExpression':
        return this.toConditional(node, span);
      case 'MemberExpression':
        return this.toMember(node, span);
      case 'CallExpression':
        return this.toCall(node, span);
      case 'ArrowFunction':
      case 'FunctionExpression':
        return this.toFunction(node, span);
      case 'InstantiationExpression':
        return this.convertInner(node.firstChild, span);
      case 'PostfixExpression':
        // `value!` is the value.
        return this.textOf(node.lastChild) === '!'
          ? this.convertInner(node.firstChild, span)
          : { ...span, kind: 'opaque' };
      default:
        return { ...span, kind: 'opaque' };
    }
  }

  private expression(span: Span, expression: Expression): TextNode {
    return { ...span, kind: 'expression', expression };
  }

  private convertInner(node: SyntaxNode | null | undefined, span: Span): TextNode {
    return node ? this.convert(node) : { ...span, kind: 'opaque' };
  }

  private toObject(node: SyntaxNode, span: Span): ObjectNode {
    const properties: TextProperty[] = [];
    const spreads: { node: TextNode; index: number }[] = [];
    for (const item of node.getChildren('Property')) {
      const spread = item.getChild('Spread');
      if (spread) spreads.push({ node: this.convertInner(spread.nextSibling, spanOf(item)), index: properties.length });
      else {
        const [property] = this.toProperty(item);
        if (property) properties.push(property);
        else spreads.push({ node: { ...spanOf(item), kind: 'opaque' }, index: properties.length });
      }
    }
    return { ...span, kind: 'object', properties, ...(spreads.length > 0 && { spreads }) };
  }

  private toTemplate(node: SyntaxNode, span: Span): TextNode {
    const parts: (string | TextNode)[] = [];
    let at = node.from + 1;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name !== 'Interpolation') continue;
      parts.push(decodeEscapes(this.text.slice(at, child.from)));
      const inner = child.getChild('InterpolationStart')?.nextSibling ?? child.firstChild?.nextSibling;
      parts.push(this.convertInner(inner, spanOf(child)));
      at = child.to;
    }
    const tail = decodeEscapes(this.text.slice(at, Math.max(at, node.to - 1)));
    if (parts.length === 0) return { ...span, kind: 'value', value: tail };
    return this.expression(span, { operator: 'template', parts: [...parts, tail] });
  }

  private toNegation(node: SyntaxNode, span: Span): TextNode {
    const sign = this.textOf(node.firstChild);
    const operand = this.convertInner(node.lastChild, span);
    if (sign === '!') return this.expression(span, { operator: 'not', operand });
    const isNegative = sign === '-' && operand.kind === 'value' && typeof operand.value === 'number';
    return isNegative ? { ...span, kind: 'value', value: -(operand.value as number) } : { ...span, kind: 'opaque' };
  }

  private toBinary(node: SyntaxNode, span: Span): TextNode {
    // `value as Type` and `value satisfies Type` are the value.
    if (node.getChild('as') || node.getChild('satisfies')) return this.convertInner(node.firstChild, span);
    const operator = node.firstChild?.nextSibling;
    const sign = this.textOf(operator ?? null);
    const [left, right] = [node.firstChild, node.lastChild];
    if (!left || !right || !SIGNS.includes(sign)) return { ...span, kind: 'opaque' };
    return this.expression(span, { operator: 'binary', sign, left: this.convert(left), right: this.convert(right) });
  }

  private toConditional(node: SyntaxNode, span: Span): TextNode {
    const parts: SyntaxNode[] = [];
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name !== 'LogicOp' && child.name !== ':' && !COMMENTS.includes(child.name)) parts.push(child);
    }
    const [test, then, otherwise] = parts.map((part) => this.convert(part));
    if (!test || !then || !otherwise) return { ...span, kind: 'opaque' };
    return this.expression(span, { operator: 'conditional', test, then, otherwise });
  }

  private toMember(node: SyntaxNode, span: Span): TextNode {
    const object = this.convertInner(node.firstChild, span);
    const name = node.getChild('PropertyName');
    const key: TextNode = name
      ? { ...spanOf(name), kind: 'value', value: this.textOf(name) }
      : this.convertInner(node.getChild('[')?.nextSibling, span);
    return this.expression(span, { operator: 'member', object, key });
  }

  private toCall(node: SyntaxNode, span: Span): TextNode {
    const callee = node.firstChild;
    const [argument] = argumentsOf(node);
    // The object that one of these calls is given is what the call stands for.
    if (SEEN_THROUGH.includes(this.textOf(callee))) return this.convertInner(argument, span);
    const isIncludes =
      callee?.name === 'MemberExpression' && this.textOf(callee.getChild('PropertyName')) === 'includes';
    if (isIncludes && callee.firstChild && argument) {
      return this.expression(span, {
        operator: 'includes',
        list: this.convert(callee.firstChild),
        item: this.convert(argument),
      });
    }
    const list = node.getChild('ArgList');
    if (!callee || !list) return { ...span, kind: 'opaque' };
    return this.expression(span, { operator: 'call', callee: this.convert(callee), args: this.itemsOf(list) });
  }

  /** A function whose body is one expression, or gives one and does nothing else. */
  private toFunction(node: SyntaxNode, span: Span): TextNode {
    const block = node.getChild('Block');
    const returned = block ? onlyReturn(block) : node.getChild('Arrow')?.nextSibling;
    if (!returned || node.getChild('async') || node.getChild('Star')) return { ...span, kind: 'opaque' };
    const parameters: Parameter[] = [];
    const list = node.getChild('ParamList');
    // `value => …` has no list.
    if (!list && node.firstChild?.name === 'VariableDefinition')
      parameters.push({ names: [{ name: this.textOf(node.firstChild) }] });
    for (let item = list?.firstChild; item; item = item.nextSibling) {
      if (item.name === 'Spread') return { ...span, kind: 'opaque' };
      if (item.name === 'VariableDefinition') parameters.push({ names: [this.toName(item, item)] });
      else if (item.name === 'ObjectPattern') parameters.push({ names: this.toPattern(item) });
    }
    return { ...span, kind: 'function', parameters, body: this.convert(returned) };
  }

  private toPattern(pattern: SyntaxNode): Parameter['names'] {
    return pattern.getChildren('PatternProperty').flatMap((item) => {
      const name = item.getChild('VariableDefinition');
      const key = item.getChild('PropertyName');
      return name ? [{ ...this.toName(name, item), key: this.textOf(key ?? name) }] : [];
    });
  }

  private toName(name: SyntaxNode, within: SyntaxNode): Parameter['names'][number] {
    const equals = within === name ? nextEquals(name) : within.getChild('Equals');
    const fallback = equals?.nextSibling ? this.convert(equals.nextSibling) : undefined;
    return { name: this.textOf(name), ...(fallback && { fallback }) };
  }

  private itemsOf(node: SyntaxNode): TextNode[] {
    const items: TextNode[] = [];
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name === 'Spread') {
        const next = child.nextSibling;
        const of = this.convertInner(next, spanOf(child));
        items.push(this.expression({ start: child.from, end: of.end }, { operator: 'spread', of }));
        child = next ?? child;
      } else if (!['[', ']', '(', ')', ',', ...COMMENTS].includes(child.name)) items.push(this.convert(child));
    }
    return items;
  }

  /** Computed keys and methods have no key that can be seen: the caller notes that something is missing. */
  private toProperty(node: SyntaxNode): TextProperty[] {
    const keyNode = node.getChild('[') ? (node.getChild('String') ?? node.firstChild) : node.firstChild;
    if (keyNode?.name !== 'PropertyDefinition' && keyNode?.name !== 'String' && keyNode?.name !== 'Number') return [];
    const key = keyNode.name === 'String' ? (this.stringOf(keyNode) ?? '') : this.textOf(keyNode);
    const keySpan = spanOf(keyNode);
    let next = keyNode.nextSibling;
    if (next?.name === ']') next = next.nextSibling;
    const span = spanOf(node);
    if (!next) return [{ key, keySpan, span, value: { ...keySpan, kind: 'reference', name: key } }];
    let value = next.name === ':' ? next.nextSibling : undefined;
    while (value && COMMENTS.includes(value.name)) value = value.nextSibling;
    return [
      { key, keySpan, span, value: value ? this.convert(value) : { start: next.to, end: node.to, kind: 'opaque' } },
    ];
  }

  private textOf(node: SyntaxNode | null): string {
    return node ? this.text.slice(node.from, node.to) : '';
  }

  private stringOf(node: SyntaxNode | null): string | undefined {
    if (!node) return undefined;
    const raw = this.textOf(node);
    // A string that is still being typed has no closing quote.
    const body = raw.length > 1 && raw.at(-1) === raw[0] ? raw.slice(1, -1) : raw.slice(1);
    return decodeEscapes(body);
  }
}

const COMMENTS = ['LineComment', 'BlockComment'];

/** The arguments of a call, spread ones and all. */
function argumentsOf(call: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = call.getChild('ArgList')?.firstChild; child; child = child.nextSibling) {
    if (!['(', ')', ',', ...COMMENTS].includes(child.name)) found.push(child);
  }
  return found;
}

/** The `=` behind a parameter and its type. */
function nextEquals(name: SyntaxNode): SyntaxNode | null {
  let next = name.nextSibling;
  while (next && next.name !== 'Equals' && next.name !== ',') next = next.nextSibling;
  return next?.name === 'Equals' ? next : null;
}

/** What a block returns that holds nothing but a `return`. */
function onlyReturn(block: SyntaxNode): SyntaxNode | undefined {
  const statements: SyntaxNode[] = [];
  for (let child = block.firstChild; child; child = child.nextSibling) {
    if (!['{', '}', ...COMMENTS].includes(child.name)) statements.push(child);
  }
  const [only] = statements;
  if (statements.length !== 1 || only?.name !== 'ReturnStatement') return undefined;
  const value = only.firstChild?.nextSibling;
  return value && value.name !== ';' ? value : undefined;
}

function isAtTop(node: SyntaxNode): boolean {
  const parent = node.parent?.name === 'ExportDeclaration' ? node.parent.parent : node.parent;
  return parent?.name === 'Script';
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
  '\r\n': '',
};

function decodeEscapes(text: string): string {
  return text.replace(/\\(u\{[0-9a-f]+\}|u[0-9a-f]{4}|x[0-9a-f]{2}|\r\n|.)/gis, (_, sequence: string) =>
    decodeEscape(sequence),
  );
}

function decodeEscape(sequence: string): string {
  const code = /^(?:u\{([0-9a-f]+)\}|u([0-9a-f]{4})|x([0-9a-f]{2}))$/i.exec(sequence);
  if (!code) return ESCAPES[sequence] ?? sequence;
  const point = Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '0', 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : '';
}
