import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { migrateFolder } from '../../../extension/manifest/wrapper/migrating/migrate-folder.ts';
import { installed, TEMPLATES } from '../../support/migrations.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What a migrated configuration does with files of 0.3, with the real SDK. */

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;

/** Of the wrapper that was made, what the tests look at. */
interface Parts {
  readonly configFile: {
    withPath(path: string): {
      read(): { once(): Promise<Record<string, unknown> | null> };
      write(effects: object, data: object): Promise<null>;
    };
  };
  readonly configSpec: {
    readonly validator: { parse(data: unknown): unknown };
    build(options: object): Promise<{ spec: Record<string, { type: string; default?: unknown }> }>;
  };
  readonly yamlResult: (title: string, output: string) => { message: string | null; result: unknown };
  readonly actions: { get(id: string): { exportMetadata(options: object): Promise<Record<string, unknown>> } };
}

let parts: Parts;

const OLD = `tor-address: abc.onion
rpc-user: bitcoin
enabled: false
title: Mine
note: null
password: secret
wallet:
  type: lnd
  address: lnd.embassy
  level:
    depth: high
    factor: 3
numbers:
  - 1
  - 2.5
nodes:
  - type: cln
    name: first
    rune: null
  - type: lnd
    name: second
users:
  - name: alice
    age: 5
later:
  kept: true
`;

before(async () => {
  temporary = await temporaryFolder();
  folder = join(temporary.path, 'everything');
  await migrateFolder({ folder: 'test/fixtures/migrate/everything', into: folder, templates: TEMPLATES });
  await installed(folder);
  const entry = join(folder, 'parts.ts');
  const lines = [
    "export { configFile } from './startos/config/file';",
    "export { configSpec } from './startos/config/spec';",
  ];
  lines.push("export { yamlResult } from './startos/actions/result';", "export { actions } from './startos/actions';");
  await writeFile(entry, lines.join('\n'));
  const outfile = join(folder, 'parts.cjs');
  await build({ entryPoints: [entry], bundle: true, platform: 'node', outfile, logLevel: 'error' });
  parts = ((await import(pathToFileURL(outfile).href)) as { default: Parts }).default;
});

after(() => temporary[Symbol.asyncDispose]());

test('a configuration of 0.3 is read as the form takes it, and written as it was', async () => {
  const path = join(temporary.path, 'config.yaml');
  await writeFile(path, OLD);
  const file = parts.configFile.withPath(path);
  const read = await file.read().once();
  assert.deepEqual(read?.['wallet'], {
    selection: 'lnd',
    value: { address: 'lnd.embassy', level: { selection: 'high', value: { factor: 3 } } },
  });
  assert.deepEqual(read?.['numbers'], ['1', '2.5']);
  assert.deepEqual(read?.['nodes'], [
    { entry: { selection: 'cln', value: { name: 'first', rune: null } } },
    { entry: { selection: 'lnd', value: { name: 'second' } } },
  ]);
  await file.write({}, read ?? {});
  assert.deepEqual(parse(await readFile(path, 'utf8')), parse(OLD));
});

test('a union that is chosen anew leaves nothing of the variant before', async () => {
  const path = join(temporary.path, 'chosen.yaml');
  await writeFile(path, OLD);
  const file = parts.configFile.withPath(path);
  const read = await file.read().once();
  await file.write({}, { ...read, wallet: { selection: 'none', value: {} } });
  const stored = parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  assert.deepEqual(stored['wallet'], { type: 'none' });
  assert.deepEqual([stored['tor-address'], stored['later']], ['abc.onion', { kept: true }]);
});

test('the form asks for every value of 0.3 but pointers, with its default', async () => {
  const { spec } = await parts.configSpec.build({ effects: {} });
  const types = Object.fromEntries(Object.entries(spec).map(([key, value]) => [key, value.type]));
  assert.deepEqual(types, {
    ...{ enabled: 'toggle', title: 'text', note: 'textarea', password: 'text', token: 'text', odd: 'text' },
    ...{ port: 'number', ratio: 'number', colour: 'select', 'odd-choice': 'select', advanced: 'object' },
    ...{ wallet: 'union', names: 'list', secrets: 'list', numbers: 'list', flags: 'multiselect' },
    ...{ users: 'list', nodes: 'list' },
  });
  assert.deepEqual(spec['password']?.default, { charset: 'a-z,A-Z,0-9', len: 22 });
  assert.deepEqual(spec['flags']?.default, ['a']);
});

test('results of programs are shown as 0.3 showed them', () => {
  const json = JSON.stringify({ version: '0', message: 'Done', value: 'abc', copyable: true, qr: false });
  const { message, result } = parts.yamlResult('Reset', json);
  assert.equal(message, 'Done');
  assert.deepEqual(result, { type: 'single', value: 'abc', copyable: true, qr: false, masked: false });
  assert.deepEqual(parts.yamlResult('Reset', 'words: [').message, 'words: [');
});

test('actions keep when they may run, and those that are not translated cannot', async () => {
  // What a device would do with them.
  const device = { action: { export: async () => null }, child: () => device };
  const metadata = async (id: string) => parts.actions.get(id).exportMetadata({ effects: device });
  assert.equal((await metadata('reset-password'))['allowedStatuses'], 'only-running');
  assert.equal((await metadata('import'))['allowedStatuses'], 'only-stopped');
  assert.equal((await metadata('import'))['hasInput'], true);
  assert.deepEqual((await metadata('scripted'))['visibility'], { disabled: 'Not translated yet' });
});

test('a form that the image compat was given is read from its file', async () => {
  const old = join(temporary.path, 'compat');
  const manifest = await readFile('test/fixtures/migrate/everything/manifest.yaml', 'utf8');
  const get = `  get:
    type: docker
    image: compat
    system: true
    entrypoint: compat
    args: [config, get, /store, /mnt/assets/config_spec.yaml]
    mounts:
      compat: /mnt/assets
      store: /store
    io-format: yaml`;
  await mkdir(join(old, 'assets', 'compat'), { recursive: true });
  await writeFile(join(old, 'manifest.yaml'), manifest.replace('  get:\n    type: script', get));
  const spec = 'name:\n  type: string\n  name: Name\n  nullable: false\n  default: me\n';
  await writeFile(join(old, 'assets', 'compat', 'config_spec.yaml'), spec);
  const into = join(temporary.path, 'compat-04');
  await migrateFolder({ folder: old, into, templates: TEMPLATES });
  assert.match(await readFile(join(into, 'startos/config/spec.ts'), 'utf8'), /name: Value\.text\(/);
  assert.match(
    await readFile(join(into, 'startos/config/file.ts'), 'utf8'),
    /volumes\.store, subpath: 'start9\/config.yaml'/,
  );
});

test('a form is found however scripts give it to compat; one that is computed is left to be decided', async () => {
  const forms: readonly (readonly [string, boolean])[] = [
    ['export const [ getConfig, setConfigMatcher ] = compat.getConfigAndMatchers({ name: FIELD } as const);', true],
    [
      'const spec = { name: FIELD };\nexport const getConfig: T.ExpectedExports.getConfig = compat.getConfig(spec);',
      true,
    ],
    ['const spec = { name: FIELD };\nexport const getConfig = async (effects) => ({ result: { spec } });', true],
    ['export const getConfig = async (effects) => compat.getConfig(await specOf(effects))(effects);', false],
  ];
  const field = "{ type: 'string', name: 'Name', nullable: false, default: 'me' }";
  for (const [index, [text, isFound]] of forms.entries()) {
    const old = join(temporary.path, `form-${index}`);
    await cp('examples/hello-world-0.3', old, { recursive: true });
    await rm(join(old, 'scripts', 'embassy.js'));
    await mkdir(join(old, 'scripts', 'procedures'));
    await writeFile(join(old, 'scripts', 'procedures', 'getConfig.ts'), text.replace('FIELD', field));
    const into = join(temporary.path, `form-${index}-04`);
    const { plan } = await migrateFolder({ folder: old, into, templates: TEMPLATES });
    assert.equal(existsSync(join(into, 'startos', 'config', 'spec.ts')), isFound, text);
    const unread = plan.decisions.filter(({ message }) => message.includes('could not be read'));
    assert.equal(unread.length, isFound ? 0 : 1, text);
  }
});
