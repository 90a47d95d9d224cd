import { pointerSegments } from '../../engine/json/json-pointer.ts';
import type { Scalar, Span } from '../text/tree.ts';
import type { Module } from './modules.ts';

/** What a manifest says once names, spreads and conditions are resolved. Every node knows the text it stands in. */
export type DataNode = DataObject | DataArray | DataValue | UnknownNode;

interface Placed extends Span {
  readonly module: Module;
}

export interface DataObject extends Placed {
  readonly kind: 'object';
  readonly properties: readonly DataProperty[];
  /** It may have more properties than can be seen. */
  readonly isOpen: boolean;
}

export interface DataArray extends Placed {
  readonly kind: 'array';
  readonly items: readonly DataNode[];
  readonly isOpen: boolean;
}

export interface DataValue extends Placed {
  readonly kind: 'value';
  readonly value: Scalar;
  /** The environment variable that it comes from. */
  readonly variable?: string;
  /** It is `undefined`, which is not the same as null: a property of that value is absent. */
  readonly isUndefined?: true;
}

/** Something that only running the code could tell. */
export interface UnknownNode extends Placed {
  readonly kind: 'unknown';
}

export interface DataProperty {
  readonly key: string;
  readonly keySpan: Span;
  /** All of it, where the key stands. */
  readonly span: Span;
  /** Where the key stands. */
  readonly module: Module;
  readonly value: DataNode;
  /** The key is a text in an argument of a call, and is written like a value; `elsewhere`: it is a constant's. */
  readonly keyIsText?: 'here' | 'elsewhere';
}

export function child(node: DataNode | undefined, key: string): DataNode | undefined {
  return propertyOf(node, key)?.value;
}

export function propertyOf(node: DataNode | undefined, key: string): DataProperty | undefined {
  if (node?.kind !== 'object') return undefined;
  const { properties } = node;
  if (properties.length <= FEW) return properties.findLast((property) => property.key === key);
  const known = byKey.get(properties) ?? new Map(properties.map((property) => [property.key, property]));
  byKey.set(properties, known);
  return known.get(key);
}

/** Objects of so many keys are searched faster than an index of them is made. */
const FEW = 32;
/** Indexes of larger ones; of equal keys the last counts. */
const byKey = new WeakMap<readonly DataProperty[], ReadonlyMap<string, DataProperty>>();

export function stringOf(node: DataNode | undefined): string | undefined {
  return node?.kind === 'value' && typeof node.value === 'string' ? node.value : undefined;
}

/** The keys of an object, or none. */
export function keysOf(node: DataNode | undefined): string[] {
  return node?.kind === 'object' ? node.properties.map((property) => property.key) : [];
}

/** One step of a JSON pointer. */
export function stepInto(node: DataNode, segment: string): { node?: DataNode; property?: DataProperty } {
  const property = propertyOf(node, segment);
  if (property) return { node: property.value, property };
  const item = node.kind === 'array' && /^\d+$/.test(segment) ? node.items[Number(segment)] : undefined;
  return item ? { node: item } : {};
}

/** The node at a JSON pointer. */
export function nodeAt(root: DataNode, pointer: string): DataNode | undefined {
  let node: DataNode | undefined = root;
  for (const segment of pointerSegments(pointer)) {
    if (!node) return undefined;
    node = stepInto(node, segment).node;
  }
  return node;
}

/** Whether something below a node, or the node itself, cannot be known without running code. */
export function hasUnknown(node: DataNode): boolean {
  switch (node.kind) {
    case 'unknown':
      return true;
    case 'object':
      return node.isOpen || node.properties.some(({ value }) => hasUnknown(value));
    case 'array':
      return node.isOpen || node.items.some(hasUnknown);
    case 'value':
      return false;
  }
}

/** Whether what a pointer leads to, or something above it, cannot be known without running code. */
export function isUnknownAt(root: DataNode, pointer: string): boolean {
  let node: DataNode = root;
  for (const segment of pointerSegments(pointer)) {
    if (node.kind === 'unknown') return true;
    const { node: next } = stepInto(node, segment);
    if (!next) return node.kind !== 'value' && node.isOpen;
    node = next;
  }
  return node.kind === 'unknown';
}
