import type { Draft } from '../draft.ts';

const MODULE = 'startos/stored';

/**
 * `startos/stored.ts`: how 0.3 kept what forms ask for. It kept the choice of a union beside the fields of the variant, where
 * 0.4 keeps them apart, and numbers in lists as numbers, for which 0.4 has texts only.
 * @returns the module, to import from
 */
export function storedModule(draft: Draft): string {
  const file = draft.file(`${MODULE}.ts`);
  if (file.isWritten) return MODULE;
  file.add(
    [
      '/** Where what a form gives differs from what StartOS 0.3 kept and scripts read, by key. */',
      'export type Form = { [key: string]: Field };',
      '',
      'type Field =',
      "  | { kind: 'number' }",
      "  | { kind: 'object'; form: Form }",
      "  | { kind: 'list'; item: Field }",
      "  | { kind: 'wrapped'; key: string; field: Field }",
      "  | { kind: 'union'; tag: string; variants: { [name: string]: Form } };",
      '',
      'type Data = Record<string, unknown>;',
    ],
    [
      '/** What a form gives, as StartOS 0.3 kept it. */',
      'export function toStored(form: Form, data: unknown): Data {',
      '  return change(form, data, store);',
      '}',
    ],
    [
      '/** What StartOS 0.3 kept, as a form takes it. */',
      'export function fromStored(form: Form, data: unknown): Data {',
      '  return change(form, data, load);',
      '}',
    ],
    [
      'function change(form: Form, data: unknown, one: (field: Field, value: unknown) => unknown): Data {',
      '  if (!isData(data)) return {};',
      '  return Object.fromEntries(',
      '    Object.entries(data).map(([key, value]) => {',
      '      const field = Object.hasOwn(form, key) ? form[key] : undefined;',
      '      return [key, field === undefined || value === undefined || value === null ? value : one(field, value)];',
      '    }),',
      '  );',
      '}',
    ],
    [
      'function store(field: Field, value: unknown): unknown {',
      '  switch (field.kind) {',
      "    case 'number':",
      '      return Number(value);',
      "    case 'object':",
      '      return change(field.form, value, store);',
      "    case 'list':",
      '      return Array.isArray(value) ? value.map((item) => store(field.item, item)) : value;',
      "    case 'wrapped':",
      '      return isData(value) ? store(field.field, value[field.key]) : value;',
      "    case 'union': {",
      '      if (!isData(value)) return value;',
      "      const selection = String(value['selection']);",
      "      return { [field.tag]: selection, ...change(field.variants[selection] ?? {}, value['value'], store) };",
      '    }',
      '  }',
      '}',
    ],
    [
      'function load(field: Field, value: unknown): unknown {',
      '  switch (field.kind) {',
      "    case 'number':",
      '      return String(value);',
      "    case 'object':",
      '      return change(field.form, value, load);',
      "    case 'list':",
      '      return Array.isArray(value) ? value.map((item) => load(field.item, item)) : value;',
      "    case 'wrapped':",
      '      return { [field.key]: load(field.field, value) };',
      "    case 'union': {",
      '      if (!isData(value)) return value;',
      '      const { [field.tag]: selection, ...fields } = value;',
      '      return { selection, value: change(field.variants[String(selection)] ?? {}, fields, load) };',
      '    }',
      '  }',
      '}',
    ],
    [
      'function isData(value: unknown): value is Data {',
      "  return typeof value === 'object' && value !== null && !Array.isArray(value);",
      '}',
    ],
  );
  return MODULE;
}
