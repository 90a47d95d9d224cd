import { compareNames } from '../archive/names.ts';
import { ExactNumber, isObject, type JsonObject, type JsonValue } from '../package/json.ts';
import { CborMap, type CborValue } from './value.ts';

/**
 * How a value of a manifest is written. What is of the wrong type was refused before, and is written as it stands; `undefined`
 * is what is absent.
 */
export type Shape = (value: JsonValue | undefined) => CborValue;

/** As it is: for texts, numbers, flags and what is not looked into. */
export const plain: Shape = (value) => {
  if (value === undefined || value === null) return null;
  if (value instanceof ExactNumber) return /^-?\d+$/.test(value.text) ? BigInt(value.text) : Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (isObject(value)) return new CborMap([...value].map(([key, item]) => [key, plain(item)]));
  return value;
};

/** A text in another form. */
export function written(print: (text: string) => string): Shape {
  return (value) => (typeof value === 'string' ? print(value) : plain(value));
}

/** Null where there is nothing. */
export function optional(shape: Shape): Shape {
  return (value) => (value === undefined || value === null ? null : shape(value));
}

/** What stands for a value that is absent. */
export function otherwise(fallback: CborValue, shape: Shape): Shape {
  return (value) => (value === undefined ? fallback : shape(value));
}

export function list(shape: Shape): Shape {
  return (value) => (Array.isArray(value) ? value.map(shape) : plain(value));
}

/** A list whose entries count once, where they stand first. */
export const set: Shape = (value) => {
  if (!Array.isArray(value)) return plain(value);
  return value.filter((item, index) => value.indexOf(item) === index).map(plain);
};

export type Fields = readonly (readonly [key: string, shape: Shape])[];

/** What of an object the fields say, in their order, all of them. */
export function fieldsOf(object: JsonObject, fields: Fields): [string, CborValue][] {
  return fields.map(([key, shape]) => [key, shape(object.get(key))]);
}

/** The same with those left out that are absent. */
export function presentOf(object: JsonObject, fields: Fields): [string, CborValue][] {
  return fieldsOf(
    object,
    fields.filter(([key]) => (object.get(key) ?? null) !== null),
  );
}

/** An object as a map of known keys. */
export function record(fields: Fields): Shape {
  return (value) => (isObject(value) ? new CborMap(fieldsOf(value, fields)) : plain(value));
}

/** An object whose keys are names, in the order of the file, sorted by their bytes, or as numbers. */
export function map(shape: Shape, order: 'file' | 'bytes' | 'numbers', key = (name: string) => name): Shape {
  return (value) => {
    if (!isObject(value)) return plain(value);
    const entries = [...value].map(([name, item]): [string, CborValue] => [key(name), shape(item)]);
    if (order === 'bytes') entries.sort(([a], [b]) => compareNames(a, b));
    if (order === 'numbers') entries.sort(([a], [b]) => Number(a) - Number(b));
    return new CborMap(entries);
  };
}
