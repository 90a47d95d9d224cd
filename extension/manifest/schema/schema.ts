import schema03 from '../../../schemas/manifest-0.3.schema.json' with { type: 'json' };
import schema04 from '../../../schemas/manifest-0.4.schema.json' with { type: 'json' };
import { pointerSegments } from '../../engine/json/json-pointer.ts';
import { child, type DataNode, stepInto, stringOf } from '../meaning/data-tree.ts';

/** The two kinds of wrappers. */
export type Generation = '0.3' | '0.4';

/** What a JSON Schema (draft-07) says, with our own annotations (schemas/README.md). */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | null)[];
  readonly const?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly then?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly defaultSnippets?: readonly SchemaSnippet[];
  readonly 'x-code'?: string;
  readonly 'x-error'?: string;
  readonly 'x-declares'?: EntityKind;
  readonly 'x-references'?: EntityKind;
  readonly 'x-references-keys'?: EntityKind;
  readonly 'x-path'?: 'file' | 'folder' | 'any';
  readonly 'x-spdx'?: boolean;
  readonly 'x-url'?: boolean;
  readonly 'x-locale'?: boolean;
  readonly 'x-ignored'?: string;
  readonly 'x-former'?: string;
  readonly 'x-io-format'?: boolean;
  readonly 'x-sdk-fills'?: boolean;
  readonly 'x-sdk-optional'?: readonly string[];
}

export interface SchemaSnippet {
  readonly label: string;
  readonly description: string;
  /** What to insert, with `${1:placeholders}` in keys and texts. */
  readonly body: unknown;
}

/** What manifests name in one place and refer to in others. */
export type EntityKind = 'volume' | 'image' | 'interface' | 'action' | 'health-check' | 'dependency';

const ROOTS: Readonly<Record<Generation, Schema>> = {
  '0.3': schema03 as unknown as Schema,
  '0.4': schema04 as unknown as Schema,
};

export function rootSchema(generation: Generation): Schema {
  return ROOTS[generation];
}

/**
 * A schema with references followed and `allOf` merged; of alternatives, the one that the data chooses by its `type`.
 * Own annotations win over those of what is referred to.
 */
export function resolveSchema(generation: Generation, schema: Schema, data?: DataNode): Schema {
  const { $ref, allOf, anyOf, oneOf, then, ...own } = schema;
  let resolved: Schema = own;
  const parts = [...($ref === undefined ? [] : [definition(generation, $ref)]), ...(allOf ?? [])];
  const alternatives = oneOf ?? anyOf;
  if (alternatives) {
    const chosen = chooseAlternative(generation, alternatives, data);
    parts.push(chosen ?? mergeAlternatives(generation, alternatives));
  }
  // The one `if` there is asks whether the value is an object, which is when anybody wants to know more.
  if (then?.properties || then?.$ref) parts.push(then);
  for (const part of parts) {
    const other = resolveSchema(generation, part, data);
    const required = [...new Set([...(resolved.required ?? []), ...(other.required ?? [])])];
    resolved = { ...other, ...resolved, ...(required.length > 0 && { required }) };
  }
  return resolved;
}

function definition(generation: Generation, reference: string): Schema {
  let schema: unknown = rootSchema(generation);
  for (const segment of pointerSegments(reference.slice(1))) schema = (schema as Record<string, unknown>)[segment];
  return schema as Schema;
}

function chooseAlternative(
  generation: Generation,
  alternatives: readonly Schema[],
  data?: DataNode,
): Schema | undefined {
  const type = stringOf(child(data, 'type'));
  if (type === undefined) return undefined;
  return alternatives.find((option) => {
    const { properties } = resolveSchema(generation, option, data);
    return properties?.['type']?.const === type;
  });
}

/** While nothing is chosen: all properties that may be there; those that all alternatives require are required. */
function mergeAlternatives(generation: Generation, alternatives: readonly Schema[]): Schema {
  const resolved = alternatives
    .map((option) => resolveSchema(generation, option))
    .filter((option) => option.properties);
  const types = resolved.flatMap((option) => option.properties?.['type']?.const ?? []);
  const properties: Record<string, Schema> = {};
  for (const option of resolved)
    for (const [key, value] of Object.entries(option.properties ?? {})) properties[key] ??= value;
  if (types.length > 0) {
    const descriptions = resolved.flatMap(({ properties: own }) =>
      own?.['type']?.const ? [`- \`${own['type'].const}\`: ${own['type'].description ?? ''}`] : [],
    );
    properties['type'] = { type: 'string', enum: types, description: descriptions.join('\n') };
  }
  const [first, ...others] = resolved.map((option) => option.required ?? []);
  const required = (first ?? []).filter((key) => others.every((list) => list.includes(key)));
  return { type: 'object', properties, required };
}

/** The schema of what a JSON pointer leads to; undefined where no schema says anything. */
export function schemaAt(generation: Generation, pointer: string, root?: DataNode): Schema | undefined {
  let data = root;
  let schema: Schema | undefined = resolveSchema(generation, rootSchema(generation), data);
  for (const segment of pointerSegments(pointer)) {
    schema = schemaOfChild(schema, segment);
    if (!schema) return undefined;
    data = data && stepInto(data, segment).node;
    schema = resolveSchema(generation, schema, data);
  }
  return schema;
}

function schemaOfChild(schema: Schema, segment: string): Schema | undefined {
  const own = schema.properties?.[segment];
  if (own) return own;
  if (schema.items && /^\d+$/.test(segment)) return schema.items;
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
