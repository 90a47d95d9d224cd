import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { type JsonValue, toJsonValue } from '../../../extension/engine/package/json.ts';
import { parseManifest } from '../../../extension/engine/package/parse-manifest.ts';
import { objectAt, readKeys } from '../../../extension/engine/upstream/lookup.ts';
import type { ManifestObject } from '../../../extension/engine/upstream/table.ts';
import { resolveSchema, rootSchema, type Schema, schemaAt } from '../../../extension/manifest/schema/schema.ts';
import { JSON_04, YAML_03 } from '../../support/manifests.ts';
import { needsShared, sharedPath } from '../../support/shared.ts';

const keys = (schema: Schema | undefined) => Object.keys(schema?.properties ?? {}).sort();

/** Where the objects that the engine reads stand in the schema. */
const OBJECTS: Readonly<Record<ManifestObject, string>> = {
  '': '',
  description: '/description',
  preDownloadAlert: '/preDownloadAlert',
  alertCondition: '/preDownloadAlert/when',
  image: '/images/x',
  source: '/images/x/source',
  dockerBuild: '/images/x/source/dockerBuild',
  dependency: '/dependencies/x',
  metadata: '/dependencies/x/metadata',
  hardwareRequirements: '/hardwareRequirements',
  device: '/hardwareRequirements/device/0',
};

for (const [name, pointer] of Object.entries(OBJECTS) as [ManifestObject, string][]) {
  test(`the schema of 0.4 has the keys that are read of ${name || 'the manifest'}`, () => {
    const own = keys(schemaAt('0.4', pointer)).filter((key) => key !== '$schema');
    assert.deepEqual(own, readKeys(name).sort());
    assert.equal(objectAt(pointer), name);
  });
}

/** Findings that a JSON Schema can express. */
const STRUCTURAL = new Set([
  'manifest-missing-key',
  'manifest-type',
  'manifest-id',
  'manifest-plugin',
  'manifest-image-source',
]);

/** Every way to take one thing out of a value, or to replace it by something of another type. */
function* mutants(value: unknown, path = ''): Generator<[string, (root: unknown) => unknown]> {
  const at = (change: (parent: Record<string, unknown>, key: string) => void) => (root: unknown) => {
    const copy = structuredClone(root) as Record<string, unknown>;
    const segments = path.slice(1).split('/');
    const last = segments.pop() ?? '';
    let node = copy;
    for (const segment of segments) node = node[segment] as Record<string, unknown>;
    change(node, last);
    return copy;
  };
  if (path !== '') {
    if (!/\/\d+$/.test(path)) yield [`without ${path}`, at((parent, key) => delete parent[key])];
    for (const other of [null, 1.5, 'Not An Id', true, [], {}, [1], { x: 1 }]) {
      yield [
        `${path} = ${JSON.stringify(other)}`,
        at((parent, key) => {
          parent[key] = other;
        }),
      ];
    }
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) yield* mutants(item, `${path}/${key}`);
}

test('schema and rules of 0.4 refuse the same', () => {
  const schema = JSON.parse(readFileSync('schemas/manifest-0.4.schema.json', 'utf8')) as object;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  const base = JSON.parse(JSON_04) as unknown;
  assert.ok(validate(base), JSON.stringify(validate.errors));
  let count = 0;
  for (const [name, mutate] of mutants(base)) {
    const mutant = mutate(base);
    const bySchema = validate(mutant);
    const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'additionalProperties');
    const found = parseManifest(toJsonValue(mutant) as JsonValue).findings;
    const byRules = !found.some(({ code, severity }) => severity === 'error' && STRUCTURAL.has(code));
    // What only warnings are about in the rules, the schema may say too.
    const isSoft = errors.every(({ schemaPath, instancePath }) =>
      /definitions\/arch|properties\/class|emulateMissingAs|metadata|s9pk/.test(schemaPath + instancePath),
    );
    assert.ok(
      byRules === (bySchema || errors.length === 0) || (byRules && isSoft),
      `${name}: schema ${JSON.stringify(errors)}, rules ${JSON.stringify(found)}`,
    );
    count++;
  }
  assert.ok(count > 200);
});

test('the manifests that tests start from fit their schemas as other tools read them', () => {
  const ajv = new Ajv({ strict: false, discriminator: true });
  assert.ok(ajv.compile(rootSchema('0.3'))(parse(YAML_03)));
  assert.ok(ajv.compile(rootSchema('0.4'))(JSON.parse(JSON_04)));
});

test('everything in the schemas is explained', () => {
  const visit = (generation: '0.3' | '0.4', raw: Schema, path: string) => {
    const schema = resolveSchema(generation, raw);
    for (const [key, own] of Object.entries(raw.properties ?? {})) {
      const resolved = resolveSchema(generation, own);
      const isLeftOut = /containers|backup\/readonly|union-tag/.test(`${path}/${key}`);
      assert.ok(resolved.description || isLeftOut, `${generation} ${path}/${key} has no description`);
      visit(generation, own, `${path}/${key}`);
    }
    for (const option of schema.oneOf ?? []) visit(generation, option, path);
  };
  for (const generation of ['0.3', '0.4'] as const) {
    visit(generation, rootSchema(generation), '');
    for (const [name, own] of Object.entries(rootSchema(generation).definitions ?? {})) {
      visit(generation, own, name);
      for (const option of own.oneOf ?? []) visit(generation, option, `${name}/${option.title}`);
    }
  }
});

/** Rows of a Markdown table under a heading of the specification, cells trimmed. */
function table(text: string, heading: string): string[][] {
  const section = text.slice(text.indexOf(heading) + heading.length);
  const lines = section.slice(0, section.search(/\n#{2,3} /)).split('\n');
  return lines
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('the schema of 0.3 has the fields of the specification, required and not', needsShared, () => {
  const spec = readFileSync(sharedPath('spec', 's9pk-v1.md'), 'utf8');
  const cases: readonly [heading: string, pointer: string][] = [
    ['### 3.1 Top level', ''],
    ['### 3.2 description', '/description'],
    ['### 3.3b hardware-requirements', '/hardware-requirements'],
    ['### 3.9 interfaces', '/interfaces/x'],
    ['### 3.12 actions', '/actions/x'],
    ['### 3.13 dependencies', '/dependencies/x'],
  ];
  for (const [heading, pointer] of cases) {
    const rows = table(spec, heading).filter(([name]) => /^[a-z][a-z-]*$/.test(name ?? ''));
    assert.ok(rows.length >= 2, heading);
    const schema = schemaAt('0.3', pointer);
    assert.deepEqual(keys(schema), rows.map(([name]) => name).sort(), heading);
    const required = rows.filter((cells) => /^R\b/.test(cells[2] ?? '')).map(([name]) => name);
    assert.deepEqual([...(schema?.required ?? [])].sort(), required.sort(), heading);
  }
});

test('the schema of 0.4 has the fields of the specification, required and not', needsShared, () => {
  const spec = readFileSync(sharedPath('spec', 's9pk-v2.md'), 'utf8');
  const rows = table(spec, '### 5.2 Field table').filter(
    ([name]) => /^[a-zA-Z, ]+$/.test(name ?? '') && name !== 'field',
  );
  const names = (row: string[]) => (row[0] ?? '').split(',').map((name) => name.trim());
  const schema = schemaAt('0.4', '');
  assert.deepEqual(
    keys(schema).filter((key) => key !== '$schema'),
    // upstream-since-july.md, section 2.
    [...rows.flatMap(names), 'preDownloadAlert', 'hardwareVirtualization'].sort(),
  );
  const required = rows.filter((cells) => /^R\b/.test(cells[2] ?? '')).flatMap(names);
  assert.deepEqual([...(schema?.required ?? [])].sort(), required.sort());
});
