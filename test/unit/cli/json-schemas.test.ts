import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import { archiveBytes } from '../../support/archives.ts';
import { CLI } from '../../support/lsp-client.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { olderPackage } from '../../support/version-1.ts';
import { writeWrapper } from '../../support/wrapper-03.ts';
import { makeLargeWrapper } from '../../vscode/workspace.ts';

/** What `--json` prints is what docs/json says, in every verb, whether it goes well or not. */

const SCHEMAS = 'docs/json';

interface Schema {
  readonly $id: string;
  readonly title: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
const validators = new Map<string, ValidateFunction>();
const schemas = new Map<string, Schema>();
/** The keys that runs of a verb gave. */
const given = new Map<string, Set<string>>();

before(async () => {
  temporary = await temporaryFolder();
  const ajv = new Ajv({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
  const names = await readdir(SCHEMAS);
  for (const name of names) {
    const schema = JSON.parse(await readFile(join(SCHEMAS, name), 'utf8')) as Schema;
    ajv.addSchema(schema);
    if (name !== 'common.schema.json') schemas.set(name.replace('.schema.json', ''), schema);
  }
  for (const [verb, { $id }] of schemas) {
    const validate = ajv.getSchema($id);
    assert.ok(validate);
    validators.set(verb, validate);
  }
  await writeFile(file('good.s9pk'), await archiveBytes(validPackage()));
  const other = { ...goodManifest, title: 'Other', marketingUrl: 'https://example.org/' };
  await writeFile(file('other.s9pk'), await archiveBytes(validPackage({ 'manifest.json': JSON.stringify(other) })));
  await writeFile(file('older.s9pk'), olderPackage());
  await writeFile(file('none.s9pk'), 'This is a text.');
  await makeLargeWrapper(file('wrapper'), 8 << 20);
  await writeWrapper(file('wrapper-03'));
});
after(() => temporary[Symbol.asyncDispose]());

const file = (name: string) => join(temporary.path, name);

type Answer = Record<string, unknown> & { readonly ok: boolean };

/** Runs a verb with `--json` and holds what it prints against its schema. */
async function run(verb: string, ...args: string[]): Promise<Answer> {
  const stdout = await new Promise<string>((resolve) => {
    const env = { ...process.env, S9PK_CACHE: file('cache') };
    execFile(process.execPath, [CLI, verb, ...args, '--json'], { cwd: temporary.path, env }, (_, out) => resolve(out));
  });
  const answer = JSON.parse(stdout) as Answer;
  const validate = validators.get(verb);
  assert.ok(validate, `${verb} has no schema`);
  assert.ok(validate(answer), `${verb} ${args.join(' ')}: ${JSON.stringify(validate.errors, null, 1)}\n${stdout}`);
  const keys = given.get(verb) ?? new Set();
  for (const key of Object.keys(answer)) keys.add(key);
  given.set(verb, keys);
  return answer;
}

/** Runs that go well, in an order in which each finds what it needs. */
const GOOD: readonly (readonly [string, ...string[]])[] = [
  ['new', 'shiny', '--title', 'Shiny'],
  ['new', 'older-shiny', '--os', '0.3'],
  ['lint', 'wrapper', '--manifest-only'],
  ['lint', 'wrapper-03'],
  ['key', 'show', 'wrapper'],
  ['key', 'create', 'keys'],
  ['image', 'list', 'wrapper'],
  ['image', 'squashfs', 'wrapper/root.tar', '-o', 'root.squashfs'],
  ['pack', 'wrapper', '--image', 'main=wrapper/root.tar', '-o', 'packed.s9pk'],
  ['pack', 'wrapper-03', '-o', 'packed-03.s9pk'],
  ['verify', 'packed.s9pk', 'packed-03.s9pk', 'good.s9pk'],
  ['inspect', 'manifest', 'packed.s9pk'],
  ['inspect', 'tree', 'packed.s9pk'],
  ['inspect', 'commitment', 'packed.s9pk'],
  ['inspect', 'signer', 'packed.s9pk'],
  ['inspect', 'hash', 'packed-03.s9pk'],
  ['inspect', 'manifest', 'older.s9pk'],
  ['ls', 'packed.s9pk'],
  ['ls', 'packed.s9pk', 'images/x86_64/main.squashfs'],
  ['tree', 'packed.s9pk'],
  ['tree', 'packed-03.s9pk'],
  ['du', 'packed.s9pk', 'images/x86_64/main.squashfs'],
  ['cat', 'packed.s9pk', 'LICENSE.md'],
  ['extract', 'packed.s9pk', 'images', '-o', 'extracted'],
  ['image', 'export', 'packed.s9pk', 'main', '--arch', 'x86_64', '-o', 'exported.tar'],
  ['diff', 'good.s9pk', 'other.s9pk'],
  ['diff', 'good.s9pk', 'packed.s9pk'],
  ['edit', 'packed.s9pk', '--set', '/title=Changed', '--key', 'wrapper/.startos/build.key.pem', '-o', 'edited.s9pk'],
  ['convert', 'packed.s9pk', '--order', 'name', '-o', 'by-name.s9pk'],
  ['convert', 'packed-03.s9pk', '--key', 'wrapper/.startos/build.key.pem', '-o', 'converted.s9pk'],
  [
    'edit',
    'packed-03.s9pk',
    '--set',
    '/title=Changed',
    '--key',
    'wrapper/.startos/build.key.pem',
    '-o',
    'edited-03.s9pk',
  ],
  ['image', 'list', 'wrapper-03'],
  ['migrate', 'wrapper-03', '--into', 'migrated', '--dry-run'],
  ['migrate', 'wrapper-03', '--into', 'migrated'],
  ['cache'],
  ['cache', 'clear'],
  ['explain', 'manifest-id'],
];

/** Runs that do not. */
const BAD: readonly (readonly [string, ...string[]])[] = [
  ['new'],
  ['lint', 'nowhere'],
  ['lint', 'keys'],
  ['key', 'create', 'wrapper'],
  ['image', 'list', 'nowhere'],
  ['pack', 'nowhere'],
  ['pack', 'shiny', '--no-build'],
  ['verify', 'none.s9pk', 'nowhere.s9pk'],
  ['inspect', 'manifest', 'none.s9pk'],
  ['ls', 'good.s9pk', 'images/x86_64/main.squashfs'],
  ['tree', 'none.s9pk'],
  ['du', 'none.s9pk'],
  ['cat', 'good.s9pk', 'nothing'],
  ['extract', 'good.s9pk'],
  ['diff', 'good.s9pk', 'none.s9pk'],
  ['edit', 'good.s9pk', '--set', '/id=Not an id', '--key', 'wrapper/.startos/build.key.pem'],
  ['convert', 'none.s9pk'],
  ['migrate', 'nowhere'],
  ['cache', 'nonsense'],
  ['doctor', 'surplus', 'surplus'],
  ['explain', 'nonsense'],
];

test('what goes well is as its schema says', async () => {
  for (const [verb, ...args] of GOOD) {
    const answer = await run(verb, ...args);
    // What is found in wrappers and packages that are no real ones is no failure of the verb.
    const isTold = verb === 'lint' || verb === 'diff' || answer.ok;
    assert.ok(isTold, `${verb} ${args.join(' ')}: ${JSON.stringify(answer, null, 1)}`);
  }
  // What it finds depends on the machine.
  await run('doctor');
});

test('the arguments of a build are told with their values', async () => {
  const path = file('wrapper/manifest.json');
  const manifest = await readFile(path, 'utf8');
  const buildArgs = { VERSION: '1.2', TOKEN: { env: 'TOKEN' } };
  await writeFile(path, manifest.replace('"dockerBuild": {}', `"dockerBuild": ${JSON.stringify({ buildArgs })}`));
  const { images } = await run('image', 'list', 'wrapper');
  assert.deepEqual((images as { source: { buildArgs?: object } }[])[0]?.source.buildArgs, buildArgs);
  await writeFile(path, manifest);
});

test('what does not go well is as its schema says', async () => {
  for (const [verb, ...args] of BAD)
    assert.equal((await run(verb, ...args)).ok, false, `${verb} ${args.join(' ')} is fine`);
});

test('help is as the schema of its verb says', async () => {
  const answers = await Promise.all([...schemas.keys()].map((verb) => run(verb, '--help')));
  assert.ok(answers.every(({ ok }) => ok));
});

test('every verb has a schema, and every key of a schema was seen', async () => {
  const help = await readFile('extension/cli/main.ts', 'utf8');
  const verbs = [...help.matchAll(/^ {2}\['(\w+)', \w+Command\],$/gm)].map(([, verb]) => verb ?? '');
  assert.deepEqual([...schemas.keys()].sort(), verbs.filter((verb) => verb !== 'lsp').sort());
  const needsEngine = ['image built'];
  for (const [verb, { title, properties }] of schemas) {
    assert.equal(title, `s9pk ${verb} --json`);
    const unseen = Object.keys(properties).filter((key) => !given.get(verb)?.has(key));
    assert.deepEqual(
      unseen.filter((key) => key !== 'error' && !needsEngine.includes(`${verb} ${key}`)),
      [],
      verb,
    );
  }
});

test('schemas refuse what is less, more or otherwise', () => {
  const page = { ok: true, findings: [], code: 'x', class: 'x', severity: 'error', page: '' };
  const explain = validators.get('explain');
  assert.ok(explain?.(page));
  for (const wrong of [{ ...page, more: 1 }, { ...page, code: 1 }, { ok: true, findings: [] }, { findings: [] }])
    assert.ok(!explain?.(wrong), JSON.stringify(wrong));
  const found = { code: 'x', severity: 'fatal', message: '', where: {} };
  assert.ok(!explain?.({ ok: false, findings: [found] }));
  assert.ok(explain?.({ ok: false, findings: [{ ...found, severity: 'error' }] }));
});
