import { isObject, type JsonObject, type JsonValue } from '../package/json.ts';
import {
  type Fields,
  fieldsOf,
  map,
  optional,
  otherwise,
  plain,
  presentOf,
  record,
  type Shape,
  set,
  written,
} from './shapes.ts';
import { CborMap, type CborValue } from './value.ts';

/** Forms (config specs, s9pk-v1 section 4) as packages hold them. */

/** A whole form: its values in the order of the file. */
export const configSpec: Shape = (value) => map(specValue, 'file')(value);

const flag = otherwise(false, plain);
const nothing = optional(plain);

/** `[0, *)` as `[0,*)`; a right end that is left out is none. */
const range = optional(
  written((text) => {
    const [low = '', high = '*)'] = text.replaceAll(' ', '').split(',');
    return `${bound(low)},${bound(high)}`;
  }),
);

function bound(text: string): string {
  return text.replace(/-?\d[\d.eE+-]*/, (number) => String(Number(number)));
}

/** A literal, or random text of a length. */
const text: Shape = (value) =>
  isObject(value)
    ? record([
        ['charset', nothing],
        ['len', plain],
      ])(value)
    : nothing(value);

/** A value of the form: what its type has, then what all have. */
const specValue: Shape = (value) => {
  if (!isObject(value)) return plain(value);
  return new CborMap(
    [
      ['type', plain(value.get('type'))],
      ...ownFields(String(value.get('type')), value),
      ...fieldsOf(value, [
        ['description', nothing],
        ['name', plain],
      ]),
      ...presentOf(value, [['warning', plain]]),
    ],
    true,
  );
};

function ownFields(type: string, value: JsonObject): [string, CborValue][] {
  switch (type) {
    case 'boolean':
      return fieldsOf(value, [['default', plain]]);
    case 'string':
      return [
        ...stringFields(value),
        ...fieldsOf(value, [
          ['nullable', plain],
          ['default', text],
        ]),
      ];
    case 'number':
      return [
        ...numberFields(value),
        ...fieldsOf(value, [
          ['nullable', plain],
          ['default', nothing],
        ]),
      ];
    case 'enum':
      return [...enumFields(value), ...fieldsOf(value, [['default', plain]])];
    case 'object':
      return objectFields(value);
    case 'union':
      return unionFields(value);
    case 'list':
      return listFields(value);
    case 'pointer':
      return pointerFields(value);
    default:
      return [];
  }
}

function stringFields(value: JsonObject): [string, CborValue][] {
  return [
    ...presentOf(value, [
      ['pattern', plain],
      ['pattern-description', plain],
    ]),
    ...fieldsOf(value, [
      ['textarea', flag],
      ['copyable', flag],
      ['masked', flag],
    ]),
    ...presentOf(value, [['placeholder', plain]]),
  ];
}

function numberFields(value: JsonObject): [string, CborValue][] {
  return [
    ...fieldsOf(value, [
      ['range', range],
      ['integral', flag],
    ]),
    ...presentOf(value, [
      ['units', plain],
      ['placeholder', plain],
    ]),
  ];
}

/** Values without a name are called by themselves. */
function enumFields(value: JsonObject): [string, CborValue][] {
  const values = value.get('values');
  const own = value.get('value-names');
  const names: JsonObject = new Map(Array.isArray(values) ? values.map((item) => [String(item), item]) : []);
  for (const [key, name] of isObject(own) ? own : []) names.set(key, name);
  return [
    ['values', set(values)],
    ['value-names', map(plain, 'bytes')(names)],
  ];
}

const OBJECT_FIELDS: Fields = [
  ['spec', configSpec],
  ['display-as', nothing],
  ['unique-by', nothing],
];

function objectFields(value: JsonObject): [string, CborValue][] {
  return fieldsOf(value, OBJECT_FIELDS);
}

function unionFields(value: JsonObject): [string, CborValue][] {
  const variants = value.get('variants');
  return [
    ['tag', unionTag(value.get('tag'), isObject(variants) ? [...variants.keys()] : [])],
    ...fieldsOf(value, [
      ['variants', map(configSpec, 'bytes')],
      ['display-as', nothing],
      ['unique-by', nothing],
      ['default', plain],
    ]),
  ];
}

/** The old form, a text, is the tag's id; variants without a name are called by themselves. */
function unionTag(value: JsonValue | undefined, variants: readonly string[]): CborValue {
  const own = isObject(value) ? value.get('variant-names') : undefined;
  const names: JsonObject = new Map(variants.map((name) => [name, name]));
  for (const [key, name] of isObject(own) ? own : []) names.set(key, name);
  const tag: JsonObject = isObject(value)
    ? new Map(value)
    : new Map<string, JsonValue>([
        ['id', value ?? null],
        ['name', value ?? null],
      ]);
  tag.set('variant-names', names);
  return record([
    ['id', plain],
    ['name', plain],
    ['description', nothing],
    ['variant-names', map(plain, 'bytes')],
  ])(tag);
}

function listFields(value: JsonObject): [string, CborValue][] {
  const subtype = String(value.get('subtype'));
  const spec = value.get('spec');
  const items = value.get('default');
  const isText = subtype === 'string' && Array.isArray(items);
  return [
    ['subtype', plain(value.get('subtype'))],
    ['spec', isObject(spec) ? elementSpec(subtype, spec) : plain(spec)],
    ['range', range(value.get('range'))],
    ['default', isText ? items.map(text) : plain(items)],
  ];
}

/** Of an element only what its type has of its own (4.1). */
function elementSpec(subtype: string, spec: JsonObject): CborValue {
  switch (subtype) {
    case 'string':
      return new CborMap(stringFields(spec), true);
    case 'number':
      return new CborMap(numberFields(spec));
    case 'enum':
      return new CborMap(enumFields(spec));
    case 'object':
      return new CborMap(objectFields(spec));
    case 'union':
      return new CborMap(unionFields(spec), true);
    default:
      return plain(spec);
  }
}

function pointerFields(value: JsonObject): [string, CborValue][] {
  const isConfig = value.get('target') === 'config';
  return fieldsOf(value, [
    ['subtype', plain],
    ['target', plain],
    ['package-id', plain],
    ...(isConfig
      ? ([
          ['selector', plain],
          ['multi', plain],
        ] as const)
      : ([['interface', plain]] as const)),
  ]);
}
