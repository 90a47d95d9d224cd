import type { Expression, TextNode } from '../text/tree.ts';
import type { DataNode, DataObject, DataProperty } from './data-tree.ts';
import { stringOf } from './data-tree.ts';
import type { Evaluator } from './evaluate.ts';
import type { Module, Modules } from './modules.ts';

type Call = Extract<Expression, { operator: 'call' }>;
/** A text with the module that it stands in. */
interface Placed {
  readonly node: TextNode;
  readonly module: Module;
}

/** Names that stand for others, and calls behind each other, in one list of dependencies. */
const MAX_STEPS = 1000;

/**
 * What a wrapper says in code that it depends on: `sdk.Dependencies.of().addDependency(sdk.Dependency.required(id, {…}))`,
 * given to buildManifest (upstream-since-july section 2), in the form that the manifest has it in. Nothing is executed.
 * @returns the property `dependencies`; undefined if buildManifest is given none
 */
export function dependenciesInCode(modules: Modules, evaluator: Evaluator): DataProperty | undefined {
  const { index } = modules;
  const text = index?.text.dependencies;
  if (!index || !text) return undefined;
  const reader = new DependencyReader(evaluator);
  const { node, module } = reader.resolve({ node: text, module: index });
  const properties = reader.read({ node, module });
  const span = { start: node.start, end: node.end };
  const value: DataObject = { ...span, module, kind: 'object', properties, isOpen: reader.isOpen };
  return { key: 'dependencies', keySpan: { start: node.start, end: node.start + 1 }, span, module, value };
}

class DependencyReader {
  /** There may be more dependencies than can be seen. */
  isOpen = false;
  private readonly evaluator: Evaluator;
  private steps = 0;

  constructor(evaluator: Evaluator) {
    this.evaluator = evaluator;
  }

  /** What a name stands for, through other names. */
  resolve(placed: Placed): Placed {
    let current = placed;
    while (current.node.kind === 'reference' && this.steps++ < MAX_STEPS) {
      const next = this.evaluator.declared(current.node.name, current.module);
      if (!next) break;
      current = next;
    }
    return current;
  }

  /** The dependencies of a chain of `addDependency`, in their order. */
  read(placed: Placed): DataProperty[] {
    const found: DataProperty[][] = [];
    let current = this.resolve(placed);
    for (;;) {
      const call = callOf(current.node);
      const method = call && methodOf(call);
      if (!call || !method || this.steps++ >= MAX_STEPS) break;
      if (method.name === 'of') return found.reverse().flat();
      const { module } = current;
      if (method.name === 'addDependency') found.push(call.args.flatMap((node) => this.dependency({ node, module })));
      else this.isOpen = true;
      current = this.resolve({ node: method.object, module });
    }
    this.isOpen = true;
    return found.reverse().flat();
  }

  private dependency(placed: Placed): DataProperty[] {
    const { node, module } = this.resolve(placed);
    const call = callOf(node);
    const method = call && methodOf(call);
    if (!call || this.steps++ >= MAX_STEPS) return this.unseen();
    if (method?.name === 'required' || method?.name === 'optional') return this.entry(node, method, call, module);
    // What is chained to a dependency says what it does when the service runs.
    if (method) return this.dependency({ node: method.object, module });
    return (
      this.evaluator.follow(call, module, (body, where) => this.dependency({ node: body, module: where })) ??
      this.unseen()
    );
  }

  private unseen(): DataProperty[] {
    this.isOpen = true;
    return [];
  }

  private entry(node: TextNode, { name, key }: Method, call: Call, module: Module): DataProperty[] {
    const [idText, optionsText] = call.args;
    const id = idText && this.evaluator.evaluate(idText, module);
    const text = stringOf(id);
    if (!idText || !id || text === undefined) return this.unseen();
    const isHere = id.module === module && id.start === idText.start && id.end === idText.end;
    const options = optionsText && this.evaluator.evaluate(optionsText, module);
    const optional: DataProperty = {
      ...{ key: 'optional', keySpan: key, span: key, module },
      value: { start: key.start, end: key.end, module, kind: 'value', value: name === 'optional' },
    };
    const value = withOptional(options ?? { ...node, module, kind: 'unknown' }, optional);
    return [{ key: text, keySpan: id, span: node, module: id.module, value, keyIsText: isHere ? 'here' : 'elsewhere' }];
  }
}

/** The options as the manifest has them: whether the service asks for it now (`enabled`) never gets there. */
function withOptional(options: DataNode, optional: DataProperty): DataNode {
  if (options.kind !== 'object') return options;
  return { ...options, properties: [...options.properties.filter(({ key }) => key !== 'enabled'), optional] };
}

function callOf(node: TextNode): Call | undefined {
  return node.kind === 'expression' && node.expression.operator === 'call' ? node.expression : undefined;
}

interface Method {
  readonly name: string;
  readonly key: TextNode;
  readonly object: TextNode;
}

/** The method that is called, and of what. */
function methodOf({ callee }: Call): Method | undefined {
  if (callee.kind !== 'expression' || callee.expression.operator !== 'member') return undefined;
  const { object, key } = callee.expression;
  return key.kind === 'value' && typeof key.value === 'string' ? { name: key.value, key, object } : undefined;
}
