import { BUDGET } from '../../engine/budget.ts';
import type { Expression, Scalar, TextNode, TextProperty } from '../text/tree.ts';
import type { DataNode, DataProperty } from './data-tree.ts';
import { child, stringOf } from './data-tree.ts';
import type { Module, Modules } from './modules.ts';

/** The environment variables that a manifest is evaluated with; those that are not in it are unset. */
export type Environment = ReadonlyMap<string, string>;

/** As memory sizes are written: `8 * 1024 ** 3`. */
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '**': (a, b) => a ** b,
  '/': (a, b) => a / b,
  '<<': (a, b) => a << b,
};

/** What the parameters of a function stand for while its body is evaluated. */
interface Scope {
  readonly module: Module;
  readonly names: ReadonlyMap<string, DataNode>;
  readonly outer: Scope | undefined;
}

/** A function, and the parameters that it sees besides its own. */
interface Called {
  readonly fn: Extract<TextNode, { kind: 'function' }>;
  readonly module: Module;
  readonly outer: Scope | undefined;
}

export class Evaluator {
  /** Values that environment variables are compared with. */
  readonly compared = new Map<string, Set<string>>();
  private readonly modules: Modules;
  private readonly environment: Environment;
  private depth = 0;
  private count = 0;
  private scope: Scope | undefined;

  constructor(modules: Modules, environment: Environment) {
    this.modules = modules;
    this.environment = environment;
  }

  evaluate(node: TextNode, module: Module): DataNode {
    if (this.depth >= BUDGET.evaluatedDepth || ++this.count > BUDGET.evaluatedNodes) return unknown(node, module);
    this.depth++;
    const evaluated = this.evaluateKind(node, module);
    this.depth--;
    return evaluated;
  }

  private evaluateKind(node: TextNode, module: Module): DataNode {
    const { start, end } = node;
    switch (node.kind) {
      case 'value':
        return { start, end, module, kind: 'value', value: node.value };
      case 'object':
        return this.evaluateObject(node, module);
      case 'array':
        return this.evaluateArray(node, module);
      case 'reference':
        return this.evaluateName(node, node.name, module);
      case 'expression':
        return this.evaluateExpression(node, node.expression, module);
      case 'function':
      case 'opaque':
        return unknown(node, module);
    }
  }

  /** Counts what is copied like what is made: lists that hold lists twice over would have no end. */
  private mayCopy(count: number): boolean {
    this.count += count;
    return this.count <= BUDGET.evaluatedNodes;
  }

  private evaluateObject(node: Extract<TextNode, { kind: 'object' }>, module: Module): DataNode {
    const { start, end, spreads = [] } = node;
    if (spreads.length === 0) {
      const properties = node.properties.flatMap((item) => this.evaluateProperty(item, module) ?? []);
      return { start, end, module, kind: 'object', properties, isOpen: false };
    }
    const properties = new Map<string, DataProperty>();
    let isOpen = false;
    const put = (item: DataProperty) => {
      properties.delete(item.key);
      properties.set(item.key, item);
    };
    for (let index = 0; index <= node.properties.length; index++) {
      for (const spread of spreads.filter((candidate) => candidate.index === index)) {
        const value = this.evaluate(spread.node, module);
        if (value.kind === 'object' && this.mayCopy(value.properties.length)) {
          isOpen ||= value.isOpen;
          for (const item of value.properties) put(item);
        } else if (value.kind !== 'value') isOpen = true;
      }
      const item = node.properties[index];
      const property = item && this.evaluateProperty(item, module);
      if (property) put(property);
      else if (item) properties.delete(item.key);
    }
    return { start, end, module, kind: 'object', properties: [...properties.values()], isOpen };
  }

  /** A property; absent if its value is `undefined`, and unknown if it is whatever the environment says. */
  private evaluateProperty(item: TextProperty, module: Module): DataProperty | undefined {
    const value = this.evaluate(item.value, module);
    if (value.kind !== 'value' || !value.isUndefined) return { ...item, module, value };
    return value.variable === undefined ? undefined : { ...item, module, value: unknown(item.value, module) };
  }

  private evaluateArray(node: Extract<TextNode, { kind: 'array' }>, module: Module): DataNode {
    const { start, end } = node;
    const items: DataNode[] = [];
    let isOpen = false;
    for (const item of node.items) {
      if (item.kind !== 'expression' || item.expression.operator !== 'spread') {
        items.push(this.evaluate(item, module));
        continue;
      }
      const list = this.evaluate(item.expression.of, module);
      if (list.kind === 'array' && this.mayCopy(list.items.length)) {
        for (const copied of list.items) items.push(copied);
        isOpen ||= list.isOpen;
      } else isOpen = true;
    }
    return { start, end, module, kind: 'array', items, isOpen };
  }

  /** What a name stands for; it is placed where it is declared. */
  private evaluateName(node: TextNode, name: string, module: Module): DataNode {
    if (name === 'undefined') {
      return { start: node.start, end: node.end, module, kind: 'value', value: null, isUndefined: true };
    }
    for (let scope = this.scope; scope; scope = scope.outer) {
      const bound = scope.module === module ? scope.names.get(name) : undefined;
      if (bound) return bound;
    }
    const imported = module.text.imports.get(name);
    if (imported?.name === '*' && !module.text.declarations.has(name)) {
      const target = this.modules.importedBy(module.file, imported.from);
      return target ? this.evaluateModule(node, target, module) : unknown(node, module);
    }
    const found = this.declared(name, module);
    // What stands at the top of a module knows no parameters.
    return found ? this.inScope(undefined, () => this.evaluate(found.node, found.module)) : unknown(node, module);
  }

  /** What a name of a module stands for in its text, wherever it is imported from. */
  declared(name: string, module: Module): { node: TextNode; module: Module } | undefined {
    const node = module.text.declarations.get(name);
    if (node) return { node, module };
    const imported = module.text.imports.get(name);
    const target = imported && this.modules.importedBy(module.file, imported.from);
    return target && this.modules.exported(target, imported.name);
  }

  private inScope<T>(scope: Scope | undefined, work: () => T): T {
    const outer = this.scope;
    this.scope = scope;
    const result = work();
    this.scope = outer;
    return result;
  }

  /**
   * Follows a call of one of the wrapper's functions that only gives an expression.
   * @param work what is done with the expression, where the function's parameters stand for the arguments
   * @returns undefined if it is no such call
   */
  follow<T>(
    { callee, args }: Extract<Expression, { operator: 'call' }>,
    module: Module,
    work: (body: TextNode, module: Module) => T,
  ): T | undefined {
    const called = this.functionOf(callee, module);
    if (!called || this.depth >= BUDGET.evaluatedDepth) return undefined;
    return this.apply(
      called,
      args.map((arg) => this.evaluate(arg, module)),
      work,
    );
  }

  /** The function that an expression stands for. One that has a name stands at the top of a module and sees no parameters. */
  private functionOf(node: TextNode | undefined, module: Module): Called | undefined {
    if (node?.kind === 'function') return { fn: node, module, outer: this.scope };
    const found = node?.kind === 'reference' ? this.declared(node.name, module) : undefined;
    return found?.node.kind === 'function' ? { fn: found.node, module: found.module, outer: undefined } : undefined;
  }

  private apply<T>(
    { fn, module, outer }: Called,
    args: readonly DataNode[],
    work: (body: TextNode, module: Module) => T,
  ): T {
    const names = new Map<string, DataNode>();
    const scope: Scope = { module, names, outer };
    for (const [index, parameter] of fn.parameters.entries()) {
      const given = args[index];
      for (const { name, key, fallback } of parameter.names) {
        const part = key === undefined ? given : given?.kind === 'object' ? child(given, key) : undefined;
        const isKnown = part !== undefined || given === undefined || (given.kind === 'object' && !given.isOpen);
        const missing = (): DataNode =>
          fallback
            ? this.inScope(scope, () => this.evaluate(fallback, module))
            : { start: fn.start, end: fn.end, module, kind: 'value', value: null, isUndefined: true };
        names.set(name, part ?? (isKnown ? missing() : unknown(fn, module)));
      }
    }
    this.depth++;
    const result = this.inScope(scope, () => work(fn.body, module));
    this.depth--;
    return result;
  }

  /** `import * as names`: an object of all that the module declares. */
  private evaluateModule({ start, end }: TextNode, target: Module, module: Module): DataNode {
    const properties = [...target.text.declarations].map(
      ([key, value]): DataProperty => ({
        key,
        keySpan: value,
        span: value,
        module: target,
        value: this.evaluate(value, target),
      }),
    );
    return { start, end, module, kind: 'object', properties, isOpen: true };
  }

  private evaluateExpression(node: TextNode, expression: Expression, module: Module): DataNode {
    const give = (value: Scalar): DataNode => ({ start: node.start, end: node.end, module, kind: 'value', value });
    switch (expression.operator) {
      case 'conditional': {
        const test = this.decide(expression.test, module);
        if (test === undefined) return unknown(node, module);
        return this.evaluate(test ? expression.then : expression.otherwise, module);
      }
      case 'not': {
        const operand = this.decide(expression.operand, module);
        return operand === undefined ? unknown(node, module) : give(!operand);
      }
      case 'binary':
        return this.evaluateBinary(node, expression, module);
      case 'member':
        return this.evaluateMember(node, expression, module);
      case 'includes': {
        const list = this.evaluate(expression.list, module);
        const item = this.evaluate(expression.item, module);
        if (list.kind !== 'array' || item.kind !== 'value' || list.isOpen) return unknown(node, module);
        for (const entry of list.items) this.compare(entry, item);
        return give(list.items.some((entry) => entry.kind === 'value' && entry.value === item.value));
      }
      case 'template': {
        const parts = expression.parts.map((part) => (typeof part === 'string' ? part : this.evaluate(part, module)));
        const texts = parts.map((part) =>
          typeof part === 'string' ? part : part.kind === 'value' ? String(part.value) : undefined,
        );
        const length = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
        return texts.includes(undefined) || length > BUDGET.evaluatedText
          ? unknown(node, module)
          : give(texts.join(''));
      }
      case 'call':
        return this.evaluateCall(node, expression, module);
      case 'spread':
        return unknown(node, module);
    }
  }

  private evaluateCall(node: TextNode, call: Extract<Expression, { operator: 'call' }>, module: Module): DataNode {
    const followed = this.follow(call, module, (body, where) => this.evaluate(body, where));
    if (followed) return followed;
    const { callee, args } = call;
    if (callee.kind !== 'expression' || callee.expression.operator !== 'member') return unknown(node, module);
    const { object, key } = callee.expression;
    const method = key.kind === 'value' ? key.value : undefined;
    const isObject = object.kind === 'reference' && object.name === 'Object';
    if (isObject && method === 'assign') {
      const spreads = args.map((arg) => ({ node: arg, index: 0 }));
      return this.evaluate({ start: node.start, end: node.end, kind: 'object', properties: [], spreads }, module);
    }
    if (isObject && method === 'fromEntries') return this.fromEntries(node, args[0], module);
    return method === 'map' ? this.map(node, object, args[0], module) : unknown(node, module);
  }

  private map(node: TextNode, listText: TextNode, fn: TextNode | undefined, module: Module): DataNode {
    const list = this.evaluate(listText, module);
    const called = this.functionOf(fn, module);
    if (list.kind !== 'array' || !called) return unknown(node, module);
    const items = list.items.map((item, index) => {
      const position: DataNode = { start: item.start, end: item.end, module: item.module, kind: 'value', value: index };
      return this.apply(called, [item, position], (body, where) => this.evaluate(body, where));
    });
    return { start: node.start, end: node.end, module, kind: 'array', items, isOpen: list.isOpen };
  }

  /** `Object.fromEntries([[key, value], …])`. */
  private fromEntries(node: TextNode, listText: TextNode | undefined, module: Module): DataNode {
    const list = listText && this.evaluate(listText, module);
    if (list?.kind !== 'array') return unknown(node, module);
    const properties: DataProperty[] = [];
    let isOpen = list.isOpen;
    for (const entry of list.items) {
      const [key, value] = entry.kind === 'array' ? entry.items : [];
      const name = stringOf(key);
      if (!key || !value || name === undefined) isOpen = true;
      else properties.push({ key: name, keySpan: key, span: entry, module: key.module, value, keyIsText: 'here' });
    }
    return { start: node.start, end: node.end, module, kind: 'object', properties, isOpen };
  }

  /** Whether a condition holds. One that only asks whether a variable is set is tried with it set, too. */
  private decide(test: TextNode, module: Module): boolean | undefined {
    const node = this.evaluate(test, module);
    if (node.kind === 'value' && node.variable !== undefined)
      this.note(node.variable, this.environment.get(node.variable) ?? '1');
    return truth(node);
  }

  private evaluateBinary(
    node: TextNode,
    { sign, left: leftText, right: rightText }: Extract<Expression, { operator: 'binary' }>,
    module: Module,
  ): DataNode {
    const left = this.evaluate(leftText, module);
    if (sign === '||' || sign === '&&' || sign === '??') {
      const decides = sign === '??' ? isNullish(left) : truth(left);
      if (decides === undefined) return unknown(node, module);
      const takesRight = sign === '||' ? !decides : decides;
      if (!takesRight) return left;
      const right = this.evaluate(rightText, module);
      // The fallback of a variable is compared like the variable: another value may stand in its place.
      const variable = left.kind === 'value' ? left.variable : undefined;
      return right.kind === 'value' && variable !== undefined ? { ...right, variable } : right;
    }
    const right = this.evaluate(rightText, module);
    if (left.kind !== 'value' || right.kind !== 'value') return unknown(node, module);
    const give = (value: Scalar): DataNode => ({ start: node.start, end: node.end, module, kind: 'value', value });
    if (sign === '+') {
      const isText = typeof left.value === 'string' || typeof right.value === 'string';
      if (`${left.value}`.length + `${right.value}`.length > BUDGET.evaluatedText) return unknown(node, module);
      return give(isText ? `${left.value}${right.value}` : Number(left.value) + Number(right.value));
    }
    const compute = ARITHMETIC[sign];
    if (compute) {
      const isNumbers = typeof left.value === 'number' && typeof right.value === 'number';
      return isNumbers ? give(compute(left.value, right.value)) : unknown(node, module);
    }
    this.compare(left, right);
    return give((left.value === right.value) === (sign === '===' || sign === '=='));
  }

  private evaluateMember(
    node: TextNode,
    { object: objectText, key: keyText }: Extract<Expression, { operator: 'member' }>,
    module: Module,
  ): DataNode {
    const key = this.evaluate(keyText, module);
    if (isProcessEnv(objectText) && key.kind === 'value') return this.variable(node, String(key.value), module);
    const object = this.evaluate(objectText, module);
    if (key.kind !== 'value' || (object.kind !== 'object' && object.kind !== 'array')) return unknown(node, module);
    if (object.kind === 'array') return object.items[Number(key.value)] ?? unknown(node, module);
    if (key.variable !== undefined) for (const item of object.properties) this.note(key.variable, item.key);
    return child(object, String(key.value)) ?? unknown(node, module);
  }

  private variable({ start, end }: TextNode, name: string, module: Module): DataNode {
    const value = this.environment.get(name);
    if (value !== undefined) return { start, end, module, kind: 'value', value, variable: name };
    return { start, end, module, kind: 'value', value: null, variable: name, isUndefined: true };
  }

  private compare(a: DataNode, b: DataNode): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const value = stringOf(other);
      if (one.kind === 'value' && one.variable !== undefined && value) this.note(one.variable, value);
    }
  }

  private note(variable: string, value: string): void {
    const values = this.compared.get(variable) ?? new Set();
    this.compared.set(variable, values.add(value));
  }

  /** The object that says what the current version is: `current` of the version graph. */
  currentVersion(): DataNode | undefined {
    for (const module of this.modules.versions) {
      for (const node of module.text.declarations.values()) {
        if (node.kind !== 'object') continue;
        const current = child(this.evaluate(node, module), 'current');
        if (current?.kind === 'object') return current;
      }
    }
    return undefined;
  }
}

export function unknown({ start, end }: TextNode, module: Module): DataNode {
  return { start, end, module, kind: 'unknown' };
}

function truth(node: DataNode): boolean | undefined {
  if (node.kind === 'unknown') return undefined;
  return node.kind === 'value' ? Boolean(node.value) : true;
}

function isNullish(node: DataNode): boolean | undefined {
  if (node.kind === 'unknown') return undefined;
  return node.kind === 'value' && node.value === null;
}

function isProcessEnv(node: TextNode): boolean {
  if (node.kind !== 'expression' || node.expression.operator !== 'member') return false;
  const { object, key } = node.expression;
  return object.kind === 'reference' && object.name === 'process' && key.kind === 'value' && key.value === 'env';
}
