import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { temporaryFolder, tool } from '../../support/tools.ts';

let names: string[] = [];
let size = 0;
let manifest: { contributes: { commands: { command: string }[] }; main: string; engines: { vscode: string } };

before(async () => {
  await using temporary = await temporaryFolder();
  const vsix = join(temporary.path, 'test.vsix');
  await tool(process.execPath, ['scripts/package.ts', '--out', vsix]);
  size = (await stat(vsix)).size;
  names = (await tool('unzip', ['-Z1', vsix])).toString().trim().split('\n').sort();
  manifest = JSON.parse((await tool('unzip', ['-p', vsix, 'extension/package.json'])).toString());
});

test('the .vsix holds what the extension needs and nothing else', () => {
  // A page for each finding; another test holds them against the codes.
  const pages = names.filter((name) => name.startsWith('extension/docs/findings/'));
  assert.ok(pages.length > 100);
  // Other tests hold translations against the texts, and make wrappers of the templates.
  const isListed = (name: string) => !pages.includes(name) && !/^extension\/(?:templates|l10n)\//.test(name);
  assert.ok(
    names.includes('extension/l10n/bundle.l10n.pl.json') && names.includes('extension/templates/common/LICENSE'),
  );
  assert.deepEqual(names.filter(isListed), [
    '[Content_Types].xml',
    'extension.vsixmanifest',
    'extension/LICENSE.txt',
    'extension/changelog.md',
    'extension/dist/blake3_js_bg.wasm',
    'extension/dist/compress-thread.cjs',
    'extension/dist/extension.cjs',
    'extension/dist/manifest.cjs',
    'extension/dist/third-party-notices.txt',
    'extension/dist/web-worker.js',
    'extension/dist/web.cjs',
    'extension/dist/worker.cjs',
    'extension/media/icon.png',
    'extension/media/icon.svg',
    'extension/media/page/page.css',
    'extension/media/page/page.js',
    'extension/media/s9pk.svg',
    'extension/media/walkthrough/checklist.png',
    'extension/media/walkthrough/packages.png',
    'extension/media/walkthrough/page.png',
    'extension/media/walkthrough/problem.png',
    'extension/package.json',
    'extension/package.nls.de.json',
    'extension/package.nls.es.json',
    'extension/package.nls.fr.json',
    'extension/package.nls.json',
    'extension/package.nls.pl.json',
    'extension/readme.md',
    'extension/schemas/manifest-0.3.schema.json',
    'extension/schemas/manifest-0.4.schema.json',
    'extension/snippets/dockerfile.json',
    'extension/snippets/manifest-0.3.json',
    'extension/snippets/manifest-0.4.json',
    'extension/snippets/shell.json',
  ]);
});

test('the .vsix is small', () => assert.ok(size < 2_000_000, `${size}`));

test('its manifest points to what is in it', () => {
  assert.ok(names.includes(`extension/${manifest.main.replace('./', '')}`));
  assert.ok(manifest.contributes.commands.length >= 5);
});
