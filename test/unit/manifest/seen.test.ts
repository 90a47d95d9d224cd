import assert from 'node:assert/strict';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { examineWrapper } from '../../../extension/manifest/wrapper/examine-wrapper.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** What lint says of what it saw, and of what it did not. */

async function wrapper(files: Readonly<Record<string, string>> = {}) {
  const temporary = await temporaryFolder();
  await cp('test/fixtures/wrappers/start-sdk-3', temporary.path, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(temporary.path, name)), { recursive: true });
    await writeFile(join(temporary.path, name), text);
  }
  const lint = async (path = '.') => {
    const report = await lintWrapper(join(temporary.path, path));
    const found = report.findings.filter(({ code }) => code !== 'packages-missing');
    return { ...report, found, codes: found.map(({ code }) => code) };
  };
  return { ...temporary, path: temporary.path, lint };
}

const manifest = (name: string, value: string) => `import { setupManifest } from '@start9labs/start-sdk'
${name}
export const manifest = setupManifest(${value})
`;

const PLAIN = `{
  id: 'hello-world', title: 'Hello', license: 'MIT', packageRepo: 'https://example.org/p', upstreamRepo: 'https://example.org/u',
  marketingUrl: null, donationUrl: null, description: { short: 'a', long: 'b' }, volumes: ['main'],
  images: { main: { source: { dockerTag: 'a:1' }, arch: ['x86_64'] }, gpu: { source: { dockerTag: 'a:1' }, arch: ['x86_64'] } },
}`;

test('a repository of both generations is looked at for both, and each says which it is', async () => {
  await using work = await wrapper({ 'manifest.yaml': YAML_03.replace('title: Hello World', 'title: [x]') });
  const { manifests, found } = await work.lint();
  assert.deepEqual(
    manifests.map(({ generation }) => generation),
    ['0.4', '0.3'],
  );
  assert.ok(found.some(({ where }) => where.file === join(work.path, 'manifest.yaml') && where.path === '/title'));
  const alone = await work.lint('manifest.yaml');
  assert.deepEqual(
    alone.manifests.map(({ generation }) => generation),
    ['0.3'],
  );
});

test('a file of a wrapper, and its startos folder, stand for the wrapper', async () => {
  await using work = await wrapper();
  for (const path of ['startos', 'startos/manifest', 'startos/manifest/index.ts', 'startos/main.ts', 'README.md']) {
    const { manifestFile, codes } = await work.lint(path);
    assert.equal(manifestFile, join(work.path, 'startos', 'manifest', 'index.ts'), path);
    assert.deepEqual(codes, [], path);
  }
});

test('what is computed by small functions, enums, JSON and the like is read', async () => {
  const texts = `
import data from './data.json'
enum Port { Main = 'a:1' }
class Names { static readonly title = 'Hello' }
const image = (arch: string[]) => ({ source: { dockerTag: Port.Main }, arch })
function base(short: string) { return { description: { short, long: 'x' }, volumes: ['main'].map((name) => name) } }
const id = <T>(value: T): T => value`;
  const value = `Object.assign({}, base('A'), {
  id: id(data.id), title: Names.title, license: 'MIT', packageRepo: 'https://example.org/p', upstreamRepo: 'https://example.org/u',
  marketingUrl: null, donationUrl: null, images: { main: image(['x86_64']), gpu: image(['x86_64']) },
})`;
  const files = {
    'startos/manifest/index.ts': manifest(texts, value),
    'startos/manifest/data.json': '{"id":"Hello World"}',
  };
  await using work = await wrapper(files);
  const { codes, unseen } = await work.lint();
  assert.deepEqual(codes, ['manifest-id'], 'the id in the JSON is no id');
  assert.deepEqual(unseen, []);
});

test('what cannot be read is one piece of information, never an error', async () => {
  for (const value of [
    'base()',
    'await load()',
    `{ ...base(), id: 'hello-world' }`,
    PLAIN.replace("['main']", 'volumes()'),
  ]) {
    await using work = await wrapper({ 'startos/manifest/index.ts': manifest('declare const base: any', value) });
    const { found, unseen } = await work.lint();
    assert.deepEqual(
      found.map(({ code, severity }) => `${code} ${severity}`),
      ['manifest-unseen info'],
      value,
    );
    assert.notDeepEqual(unseen, []);
  }
});

test('ids in the code that the manifest does not have are found at their line', async () => {
  const main = `sdk.SubContainer.of(effects, { imageId: 'mian' })
sdk.Mounts.of().mountVolume({ volumeId: 'data' }).mountDependency({ dependencyId: 'bitcoin', volumeId: 'x' })
`;
  await using work = await wrapper({ 'startos/main.ts': main });
  const { found } = await work.lint();
  assert.deepEqual(
    found.map(({ code, where, message }) => [code, where.line, where.column, /"(\w+)"\?/.exec(message)?.[1]]),
    [
      ['code-id-unknown', 1, 41, 'main'],
      ['code-id-unknown', 2, 41, undefined],
      ['code-id-unknown', 2, 83, 'bitcoind'],
    ],
  );
});

test('dependencies that the code requires and the manifest does not have are found at their keys', async () => {
  const code = `export const setDependencies = sdk.setupDependencies(async ({ effects }) => {
  const other = { none: 1 }
  return { bitcoind: { kind: 'running', healthChecks: ['primary'] }, electrs: { kind: 'exists' }, ...other }
})
await sdk.checkDependencies(effects, ['monero'])
`;
  await using work = await wrapper({ 'startos/required.ts': code });
  const { found } = await work.lint();
  assert.deepEqual(
    found.map(({ code: id, where }) => [id, where.line, where.column]),
    [
      ['code-id-unknown', 3, 70],
      ['code-id-unknown', 5, 39],
    ],
  );
});

test('images without a common architecture, references of no image, and dropped keys are said', async () => {
  const value = PLAIN.replace("arch: ['x86_64'] }, gpu", "arch: ['x86_64'], emulateMissing: false }, gpu")
    .replace("'a:1' }, arch: ['x86_64'] },\n}", "'Nginx: 1' }, arch: ['aarch64'], emulateMissing: false } },\n}")
    .replace(
      "gpu: { source: { dockerTag: 'a:1' }, arch: ['x86_64'] }",
      "gpu: { source: { dockerTag: 'Nginx: 1' }, arch: ['aarch64'], emulateMissing: false }",
    );
  await using work = await wrapper({ 'startos/manifest/index.ts': manifest('', value) });
  assert.deepEqual((await work.lint()).codes.sort(), ['arch-unsupported', 'manifest-image-tag']);
});

test('files that the Makefile makes or names, and submodules that are not there', async () => {
  await using work = await wrapper({
    Makefile: 'instructions.md: docs/x.md\n\tcp $< $@\npack:\n\ts9pk pack --icon=art/logo.svg\n',
    'art/logo.svg': '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>',
    '.gitmodules': '[submodule "upstream"]\n\tpath = upstream\n\turl = https://example.org/u.git\n',
  });
  await rm(join(work.path, 'instructions.md'));
  await rm(join(work.path, 'icon.svg'));
  const { found } = await work.lint();
  assert.deepEqual(found.map(({ code, severity }) => `${code} ${severity}`).sort(), [
    'file-made info',
    'submodule-empty warning',
  ]);
  assert.equal(found.find(({ code }) => code === 'submodule-empty')?.where.line, 2);
});

test('sources that a Dockerfile copies and that are not there are found at their line', async () => {
  const value = PLAIN.replace("{ dockerTag: 'a:1' }", "{ dockerBuild: { workdir: 'image' } }");
  await using work = await wrapper({
    'startos/manifest/index.ts': manifest('', value),
    'image/Dockerfile':
      'FROM scratch AS base\nCOPY --chown=1:1 here.txt gone.txt \\\n  /app/\nADD https://example.org/x /x\nCOPY --from=base /x /y\nCOPY $WHAT /z\nCOPY ["also gone", "/"]\nCOPY *.txt /t/\nCOPY <<EOF /f\nx\nEOF\n',
    'image/here.txt': 'x',
  });
  const { found } = await work.lint();
  assert.deepEqual(
    found.map(({ code, where, message }) => [code, where.line, message.split(' is not')[0]]),
    [
      ['dockerfile-copy', 2, 'gone.txt'],
      ['dockerfile-copy', 7, 'also gone'],
    ],
  );
});

test('broken YAML is one finding', async () => {
  await using temporary = await temporaryFolder();
  await writeFile(
    join(temporary.path, 'manifest.yaml'),
    YAML_03.replace('title: Hello World', 'title: "Hello World\n  bad: ['),
  );
  const { findings } = await lintWrapper(temporary.path, { manifestOnly: true });
  assert.ok(findings.length > 0);
  assert.deepEqual([...new Set(findings.map(({ code }) => code))], ['manifest-json']);
});

test('the doctor knows the generation, what is not installed and what is not checked out', async () => {
  const modules = '[submodule "up"]\n\tpath = upstream\n\turl = https://example.org/up.git\n';
  await using work = await wrapper({ '.gitmodules': modules, 'manifest.yaml': YAML_03 });
  assert.deepEqual(
    (await examineWrapper(work.path)).map(({ what, state, mend }) => [what, state, mend]),
    [
      ['wrapper', 'fine', undefined],
      ['node_modules', 'wanting', 'npm ci'],
      ['git submodule', 'missing', 'git submodule update --init'],
    ],
  );
  assert.match((await examineWrapper(work.path))[0]?.detail ?? '', /^for StartOS 0\.4 and 0\.3, start-sdk 3/);
  assert.deepEqual(await examineWrapper(join(work.path, 'assets')), []);
});

test('an image that is not emulated is said to be missing where the Makefile packs for more', async () => {
  const lint = async (value: string) => {
    await using work = await wrapper({
      Makefile: 'ARCHES = x86 arm\ninclude s9pk.mk\n',
      'startos/manifest/index.ts': manifest('', value),
    });
    return (await work.lint()).found.flatMap(({ code, message }) => (code === 'makefile-arch' ? message : []));
  };
  const on = await lint(PLAIN);
  assert.equal(on.length, 2);
  assert.ok(on.every((message) => message.endsWith('it would be emulated')));
  const off = await lint(PLAIN.replaceAll("arch: ['x86_64'] }", "arch: ['x86_64'], emulateMissing: false }"));
  assert.ok(off.length === 2 && off.every((message) => message.endsWith('it is not emulated')), off.join());
});

test('what an SDK before 3.0 does not know is put in the words that it has', async () => {
  const lint = async (value: string) => {
    await using work = await wrapper({
      'package.json': JSON.stringify({ dependencies: { '@start9labs/start-sdk': '2.0.9' } }),
      'startos/manifest/index.ts': manifest(
        '',
        PLAIN.replace("arch: ['x86_64'] }, gpu", `arch: ['x86_64'], emulateMissing: ${value} }, gpu`),
      ),
    });
    return (await work.lint()).found.find(({ code }) => code === 'manifest-key-later')?.message ?? '';
  };
  assert.match(await lint('false'), /write "emulateMissingAs": null, or update the SDK$/);
  assert.match(await lint('true'), /leave it out/);
});

test('what is not TypeScript is one finding at its place, and what TypeScript allows is none', async () => {
  const lint = async (value: string) => {
    await using work = await wrapper({ 'startos/manifest/index.ts': manifest('', value) });
    return (await work.lint()).found
      .filter(({ code }) => code.startsWith('manifest-') && code !== 'manifest-unseen')
      .map(({ code, where, message }) => [
        code,
        where.line,
        where.column,
        /before ("[^"]*"|the end)/.exec(message)?.[1],
      ]);
  };
  assert.deepEqual(await lint(PLAIN.replace("volumes: ['main'],", "volumes: ['main']")), [
    ['manifest-json', 6, 3, '"images"'],
  ]);
  assert.deepEqual(await lint(PLAIN.replace("license: 'MIT'", 'license: ')), [['manifest-json', 4, 47, '","']]);
  assert.equal((await lint(PLAIN.replace("['main']", "['main'"))).length, 1);
  const valid = `...base, title: 'a' satisfies string, id: <const T>(x: T) => x, volumes: z!, alerts: f<string>('a'),
    async g() {}, get h() { return 1 }, ['i' + j]: 1, m: new Map<string, number>(), n: 1_000n, o: \`a\${b}c\`, p: a?.b ?? c,`;
  assert.deepEqual(
    (await lint(PLAIN.replace("title: 'Hello',", valid))).filter(([code]) => code === 'manifest-json'),
    [],
  );
});
