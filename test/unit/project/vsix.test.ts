import assert from 'node:assert/strict';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';
import { PLATFORMS } from '../../../scripts/native-modules.ts';
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
    'extension/media/page/treemap.js',
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

/** What is in the platforms' executables: the system, and the machine. */
function kindOf(module: Buffer): string {
  if (module.readUInt32BE(0) === 0x7f454c46) {
    const libc = module.includes('libc.musl-') ? 'alpine' : 'linux';
    return `${libc}-${{ 62: 'x64', 183: 'arm64' }[module.readUInt16LE(18)]}`;
  }
  if (module.readUInt32LE(0) === 0xfeedfacf) {
    return `darwin-${{ 16777223: 'x64', 16777228: 'arm64' }[module.readUInt32LE(4)]}`;
  }
  const machine = module.readUInt16LE(module.readUInt32LE(0x3c) + 4);
  return `win32-${{ 34404: 'x64', 43620: 'arm64' }[machine]}`;
}

async function packageFor(target: string, folder: string): Promise<{ bytes: Buffer; bill: string; files: string }> {
  await mkdir(folder, { recursive: true });
  const vsix = join(folder, `${target}.vsix`);
  await tool(process.execPath, ['scripts/package.ts', '--target', target, '--out', vsix]);
  await tool('unzip', ['-q', vsix, '-d', join(folder, target)]);
  const bill = await readFile(join(folder, `${target}.cdx.json`), 'utf8');
  return { bytes: await readFile(vsix), bill, files: join(folder, target, 'extension/dist') };
}

test('packages of platforms hold the native modules of those, load, and have equal bytes each time', async () => {
  await using temporary = await temporaryFolder();
  const own = `${process.platform}-${process.arch}`;
  const foreign = own.startsWith('win32') ? 'alpine-arm64' : 'win32-arm64';
  const there = await packageFor(foreign, temporary.path);
  const here = await packageFor(own, temporary.path);
  for (const [target, { files, bill }] of [
    [foreign, there],
    [own, here],
  ] as const) {
    for (const name of ['blake3.node', 'lzma.node'])
      assert.equal(kindOf(await readFile(join(files, name))), target, `${name} of ${target}`);
    const components = (JSON.parse(bill) as { components: { name: string; hashes: unknown[] }[] }).components;
    const listed = components.map(({ name }) => name);
    for (const module of ['blake-hash', 'lzma'])
      assert.ok(listed.includes(`@napi-rs/${module}-${PLATFORMS[target]}`), `${module} in the list of ${target}`);
    assert.ok(listed.includes('yaml') && !listed.includes('typescript') && !listed.includes('ajv'), listed.join());
    assert.ok(components.every(({ hashes }) => hashes.length === 1));
  }
  const code = `const { blake3 } = require(${JSON.stringify(resolve(here.files, 'blake3.node'))}); process.stdout.write(blake3('').toString('hex').slice(0, 16))`;
  assert.equal((await tool(process.execPath, ['-e', code])).toString(), 'af1349b9f5f9a1a6');
  const again = await packageFor(own, join(temporary.path, 'again'));
  assert.ok(again.bytes.equals(here.bytes), 'the .vsix differs');
  assert.equal(again.bill, here.bill);
});
