import { ExactNumber, isObject, type JsonObject, type JsonValue } from '../../engine/package/json.ts';
import { dataText } from '../text/tree.ts';
import type { DataNode } from './data-tree.ts';
import type { Module } from './modules.ts';

/** A value without a text, as rules look at it; its places are those in the JSON that it is printed as. */
export function dataOfJson(value: JsonValue): DataNode {
  const printer = new Printer();
  return printer.node(value);
}

/** Prints JSON and remembers where each value stands. */
class Printer {
  private text = '';
  private readonly module: Module;

  constructor() {
    const textSoFar = () => this.text;
    const text = dataText('json', '', undefined, []);
    // The text is whole once the last value is printed.
    this.module = { file: '', text: Object.defineProperty(text, 'text', { get: textSoFar }) };
  }

  node(value: JsonValue): DataNode {
    const start = this.text.length;
    const place = () => ({ module: this.module, start, end: this.text.length });
    if (isObject(value)) {
      const properties = this.properties(value);
      return { kind: 'object', properties, isOpen: false, ...place() };
    }
    if (Array.isArray(value)) {
      this.text += '[';
      const items = value.map((item) => this.followed(item));
      this.text += ']';
      return { kind: 'array', items, isOpen: false, ...place() };
    }
    const scalar = value instanceof ExactNumber ? Number(value.text) : value;
    this.text += JSON.stringify(scalar);
    return { kind: 'value', value: scalar, ...place() };
  }

  private properties(object: JsonObject) {
    this.text += '{';
    const properties = [...object].map(([key, item]) => {
      const start = this.text.length;
      this.text += JSON.stringify(key);
      const keySpan = { start, end: this.text.length };
      this.text += ':';
      const value = this.node(item);
      const span = { start, end: this.text.length };
      this.text += ',';
      return { key, keySpan, span, module: this.module, value };
    });
    this.text += '}';
    return properties;
  }

  private followed(item: JsonValue): DataNode {
    const node = this.node(item);
    this.text += ',';
    return node;
  }
}
