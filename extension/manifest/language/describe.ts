import { fieldOf, objectAt, sinceInWords } from '../../engine/upstream/lookup.ts';
import type { Generation, Schema } from '../schema/schema.ts';

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'object',
  array: 'list',
  boolean: 'true or false',
  integer: 'whole number',
  number: 'number',
  null: 'null',
};

/** What type of value a key takes, in words. */
export function typeOf(schema: Schema): string {
  const types = schema.type === undefined ? [] : typeof schema.type === 'string' ? [schema.type] : schema.type;
  return types.map((type) => TYPE_NAMES[type] ?? type).join(' or ');
}

/** Since which versions a manifest has a key, in words; undefined for those that there always were, and for 0.3. */
export function sinceOf(generation: Generation, parent: string, key: string): string | undefined {
  const object = generation === '0.4' ? objectAt(parent) : undefined;
  const field = object === undefined ? undefined : fieldOf(object, key);
  return field && sinceInWords(field);
}

/**
 * Markdown that explains a key: its meaning, and what may stand there.
 * @param since what `sinceOf` says of it
 */
export function describeSchema(schema: Schema, isRequired: boolean | undefined, since?: string): string {
  const parts: string[] = [];
  if (schema.description) parts.push(schema.description);
  const facts = [
    typeOf(schema),
    isRequired === undefined ? '' : isRequired ? 'required' : 'optional',
    schema.default === undefined ? '' : `without it: \`${JSON.stringify(schema.default)}\``,
    since ?? '',
  ].filter(Boolean);
  if (facts.length > 0) parts.push(`_${facts.join(', ')}_`);
  const values = (schema.enum ?? []).filter((value) => value !== null);
  if (values.length > 0) parts.push(`One of ${values.map((value) => `\`${value}\``).join(', ')}`);
  else if (schema.examples?.length)
    parts.push(
      `For example ${schema.examples.map((value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``).join(', ')}`,
    );
  return parts.join('\n\n');
}
