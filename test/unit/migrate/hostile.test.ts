import assert from 'node:assert/strict';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import typescript from 'typescript';
import { parse, stringify } from 'yaml';
import { migrateFolder, planMigration } from '../../../extension/manifest/wrapper/migrating/migrate-folder.ts';
import { TEMPLATES } from '../../support/migrations.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** Ends strings, comments and templates, and goes on as code. */
const HOSTILE = [
  "'+pwned()+'",
  '"+pwned()+"',
  '\\\'+pwned()+"',
  '*/ pwned() /*',
  '\npwned();\n//',
  '\r\npwned();\r\n//',
  '\u2028pwned();\u2028//',
  ['$', '{pwned()}`+pwned()+`'].join(''),
];

/** Words by which a manifest is understood; all else may be anything. */
const KEPT = /^(?:docker|script|data|assets|pointer|certificate|main|side|required|opt-in|string|number|union)$/;
const IDS = [
  'actions',
  'volumes',
  'interfaces',
  'health-checks',
  'dependencies',
  'variants',
  'variant-names',
  'input-spec',
];

/** The same manifest with something added to every text, and to every id. */
function poisoned(value: unknown, poison: string, parent = ''): unknown {
  if (typeof value === 'string') return KEPT.test(value) ? value : `${value}${poison}`;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, poison));
  if (typeof value !== 'object' || value === null) return value;
  const named = Object.entries(value).map(([key, item]) => [
    IDS.includes(parent) && !KEPT.test(key) ? `${key}${poison}` : key,
    poisoned(item, poison, key),
  ]);
  return Object.fromEntries(named);
}

function identifiersOf(file: typescript.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: typescript.Node): void => {
    if (typescript.isIdentifier(node)) found.push(node.text);
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

test('no text of a manifest becomes code of the wrapper', async () => {
  await using temporary = await temporaryFolder();
  const manifest = parse(await readFile('test/fixtures/migrate/everything/manifest.yaml', 'utf8')) as unknown;
  for (const [index, poison] of HOSTILE.entries()) {
    const [folder, into] = [join(temporary.path, `old-${index}`), join(temporary.path, `new-${index}`)];
    await cp('test/fixtures/migrate/everything', folder, { recursive: true });
    await writeFile(join(folder, 'manifest.yaml'), stringify(poisoned(manifest, poison)));
    const { plan } = await migrateFolder({ folder, into, templates: TEMPLATES });
    const modules = plan.files.filter(({ path }) => path.startsWith('startos/'));
    assert.ok(modules.length > 20);
    assert.match(await readFile(join(into, 'startos', 'main.ts'), 'utf8'), /pwned/);
    for (const { path } of modules) {
      const text = await readFile(join(into, path), 'utf8');
      const { diagnostics = [] } = typescript.transpileModule(text, { reportDiagnostics: true, fileName: path });
      assert.deepEqual(
        diagnostics.map(({ messageText }) => messageText),
        [],
        `${path} with ${JSON.stringify(poison)}`,
      );
      const source = typescript.createSourceFile(path, text, typescript.ScriptTarget.Latest);
      assert.ok(!identifiersOf(source).includes('pwned'), `${path} with ${JSON.stringify(poison)}`);
    }
    JSON.parse(await readFile(join(into, 'package.json'), 'utf8'));
  }
});

test('nothing is copied from outside of the folder, and links stay links', async () => {
  await using temporary = await temporaryFolder();
  const folder = join(temporary.path, 'old');
  await cp('examples/hello-world-0.3', folder, { recursive: true });
  await writeFile(join(temporary.path, 'secret.png'), 'secret');
  await mkdir(join(temporary.path, 'packages'));
  await symlink(join(temporary.path, 'packages'), join(folder, 'node_modules'), 'dir');
  await symlink('LICENSE', join(folder, 'www', 'license'));
  const manifest = await readFile(join(folder, 'manifest.yaml'), 'utf8');
  await writeFile(join(folder, 'manifest.yaml'), manifest.replace('icon: icon.svg', 'icon: ../secret.png'));
  const into = join(temporary.path, 'new');
  const { files } = await planMigration({ folder, into, templates: TEMPLATES });
  assert.deepEqual(
    files.filter(({ path, from }) => /secret|node_modules/.test(`${path} ${from}`)),
    [],
  );
  await migrateFolder({ folder, into, templates: TEMPLATES });
  assert.equal(
    (await planMigration({ folder, into, templates: TEMPLATES })).files.every(({ state }) => state === 'same'),
    true,
  );
});
