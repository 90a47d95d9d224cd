import assert from 'node:assert/strict';
import { cp, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../../extension/engine/finding.ts';
import type { FindingCode } from '../../../extension/engine/finding-codes.ts';
import { lintWrapper } from '../../../extension/manifest/wrapper/lint-wrapper.ts';
import { TYPESCRIPT_04, TYPESCRIPT_NEIGHBOURS, YAML_03 } from '../../support/manifests.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder } from '../../support/tools.ts';

type Files = Readonly<Record<string, string | Uint8Array | null>>;

const PNG = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);

/** What `docker save` writes, as far as its list of tags. */
function saved(...tags: string[]): Uint8Array {
  return tarOf([
    { name: 'manifest.json', content: JSON.stringify([{ Config: 'x.json', RepoTags: tags, Layers: [] }]) },
  ]);
}

const IMAGE = saved('start9/hello-world/main:1.0.0');

const OLDER: Files = {
  'manifest.yaml': YAML_03,
  LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge.\n',
  'instructions.md': '# Instructions\n',
  'icon.png': PNG,
  'scripts/embassy.ts':
    'export { getConfig } from "./config.ts";\nexport const properties = () => {};\nexport function migration() {}\n',
  'scripts/embassy.js': 'var a=()=>{};export{a as getConfig,a as properties,a as migration};\n',
  'docker-images/x86_64.tar': IMAGE,
  'docker-images/aarch64.tar': IMAGE,
};

const NEWER: Files = {
  ...TYPESCRIPT_NEIGHBOURS,
  'startos/manifest/index.ts': TYPESCRIPT_04,
  LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge.\n',
  'instructions.md': '# Instructions\n',
  'icon.svg': '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n',
  Makefile: 'ARCHES := x86 arm\ninclude node_modules/@start9labs/start-sdk/s9pk.mk\n',
};

interface Case {
  readonly code: FindingCode;
  readonly base: Files;
  /** Files that are other than in the base; null: not there. */
  readonly files: Files;
  /** The link is made instead of the file. */
  readonly link?: readonly [path: string, target: string];
  /** Where it is reported: a JSON pointer, or a file. */
  readonly at: string;
  readonly also?: readonly FindingCode[];
}

const script = (text: string) => YAML_03.replace(/config:\n[\s\S]*?volumes:/, text);

const CASES: readonly Case[] = [
  { code: 'input-missing', base: OLDER, files: { LICENSE: null }, at: '/assets/license' },
  { code: 'input-missing', base: OLDER, files: { 'icon.png': null }, at: '/assets/icon' },
  {
    code: 'input-missing',
    base: OLDER,
    files: { LICENSE: null },
    link: ['LICENSE', 'upstream/LICENSE'],
    at: '/assets/license',
  },
  {
    code: 'input-missing',
    base: OLDER,
    files: {
      'manifest.yaml': YAML_03.replace(
        '  main:\n    type: data',
        '  main:\n    type: data\n  files:\n    type: assets',
      ),
    },
    at: '/volumes/files',
  },
  { code: 'input-unsuitable', base: OLDER, files: { 'icon.png': null, 'icon.png/x': '' }, at: '/assets/icon' },
  {
    code: 'icon-oversize',
    base: OLDER,
    files: { 'icon.png': Buffer.concat([PNG, Buffer.alloc(102_401 - PNG.length)]) },
    at: '/assets/icon',
  },
  {
    code: 'icon-type',
    base: OLDER,
    files: { 'icon.png': '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>' },
    at: '/assets/icon',
  },
  { code: 'icon-type', base: OLDER, files: { 'icon.png': 'not an image' }, at: '/assets/icon' },
  { code: 'license-text', base: OLDER, files: { LICENSE: '../upstream/LICENSE' }, at: '/assets/license' },
  {
    code: 'scripts-missing',
    base: OLDER,
    files: { 'scripts/embassy.js': null, 'scripts/embassy.ts': null },
    at: '/config/get/type',
  },
  { code: 'scripts-unbuilt', base: OLDER, files: { 'scripts/embassy.js': null }, at: '/config/get/type' },
  {
    code: 'scripts-unused',
    base: OLDER,
    files: { 'manifest.yaml': script('config: null\nvolumes:').replace(/migrations:[\s\S]*?actions:/, 'actions:') },
    at: 'scripts/embassy.js',
  },
  {
    code: 'manifest-script-uncounted',
    base: OLDER,
    files: {
      'manifest.yaml': script('config: null\nvolumes:')
        .replace(/migrations:[\s\S]*?actions:/, 'actions:')
        .replace(
          '    type: docker\n    image: main\n    entrypoint: check-web.sh\n    inject: true',
          '    type: script',
        ),
    },
    also: ['script-export'],
    at: '/health-checks/web-ui/type',
  },
  {
    code: 'script-export',
    base: OLDER,
    files: { 'scripts/embassy.ts': 'export const getConfig = 1, properties = 2;' },
    at: '/migrations/from/>=0.9.0 <1.0.0/type',
    also: ['script-export'],
  },
  {
    code: 'images-unbuilt',
    base: OLDER,
    files: { 'docker-images/x86_64.tar': null, 'docker-images/aarch64.tar': null },
    at: '/assets/docker-images',
  },
  { code: 'images-stray', base: OLDER, files: { 'docker-images/README': 'x' }, at: 'docker-images/README' },
  {
    code: 'image-tag',
    base: OLDER,
    files: { 'docker-images/aarch64.tar': saved('start9/hello-world/main:0.9.0') },
    at: '/version',
  },
  {
    code: 'image-tag',
    base: OLDER,
    files: { 'docker-images/x86_64.tar': saved('start9/hello-world/main:1.0.0.0') },
    at: '/version',
  },
  {
    code: 'image-tag',
    base: OLDER,
    files: { 'docker-images/x86_64.tar': saved('start9/other/main:1.0.0') },
    at: '/id',
  },
  {
    code: 'image-tag',
    base: OLDER,
    files: { 'docker-images/x86_64.tar': saved('start9/hello-world/web:1.0.0') },
    at: '/main/image',
  },
  { code: 'image-tag', base: OLDER, files: { 'docker-images/x86_64.tar': saved() }, at: 'docker-images/x86_64.tar' },
  {
    code: 'image-tag',
    base: OLDER,
    files: { 'docker-images/x86_64.tar': 'this is no tar archive '.repeat(40) },
    at: 'docker-images/x86_64.tar',
  },
  {
    code: 'manifest-shadowed',
    base: OLDER,
    files: {
      'manifest.json': JSON.stringify({ id: 'x', 'wrapper-repo': '', 'upstream-repo': '', 'release-notes': '' }),
    },
    at: 'manifest.json',
  },
  { code: 'input-missing', base: NEWER, files: { 'instructions.md': null }, at: 'instructions.md' },
  {
    code: 'input-missing',
    base: NEWER,
    files: { LICENSE: null },
    link: ['LICENSE', 'upstream/LICENSE'],
    at: 'LICENSE',
  },
  { code: 'input-several', base: NEWER, files: { 'icon.png': PNG }, at: 'icon.png' },
  {
    code: 'icon-large',
    base: NEWER,
    files: { 'icon.svg': `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1">${' '.repeat(41_000)}</svg>` },
    at: 'icon.svg',
  },
  { code: 'license-text', base: NEWER, files: { LICENSE: 'LICENSE.upstream' }, at: 'LICENSE' },
  {
    code: 'input-missing',
    base: NEWER,
    files: {
      'startos/manifest/index.ts': TYPESCRIPT_04.replace(
        "{ dockerTag: 'nginx:1.29' }",
        "{ dockerBuild: { dockerfile: 'image/Dockerfile' } }",
      ),
    },
    at: '/images/main/source/dockerBuild/dockerfile',
  },
  {
    code: 'input-missing',
    base: NEWER,
    files: {
      'startos/manifest/index.ts': TYPESCRIPT_04.replace(
        "{ dockerTag: 'nginx:1.29' }",
        "{ dockerBuild: { workdir: 'image' } }",
      ),
    },
    at: '/images/main/source/dockerBuild/workdir',
  },
  {
    code: 'dependency-icon',
    base: NEWER,
    files: {
      'startos/manifest/index.ts': TYPESCRIPT_04.replace(
        'dependencies: {}',
        "dependencies: { lnd: { description: null, optional: true, metadata: { title: 'LND', icon: './lnd.svg' } } }",
      ),
    },
    at: '/dependencies/lnd/metadata/icon',
  },
  {
    code: 'dependency-icon-moving',
    base: NEWER,
    files: {
      'startos/manifest/index.ts': TYPESCRIPT_04.replace(
        'dependencies: {}',
        "dependencies: { lnd: { description: null, optional: true, metadata: { title: 'LND', icon: 'https://raw.githubusercontent.com/Start9Labs/lnd-startos/refs/heads/next/icon.svg' } }, cln: { description: null, optional: true, metadata: { title: 'CLN', icon: 'https://raw.githubusercontent.com/Start9Labs/cln-startos/v1.2/icon.svg' } } }",
      ),
    },
    at: '/dependencies/lnd/metadata/icon',
  },
  { code: 'makefile-arch', base: NEWER, files: { Makefile: 'include s9pk.mk\n' }, at: 'Makefile' },
  {
    code: 'makefile-arch',
    base: NEWER,
    files: { Makefile: 'ARCHES = x86\ninclude s9pk.mk\n' },
    at: '/images/main/arch',
  },
  {
    code: 'makefile-id',
    base: NEWER,
    files: { 'startos/manifest/index.ts': TYPESCRIPT_04.replace("id: 'hello-world'", 'id: "hello-world"') },
    at: '/id',
  },
];

async function write(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    if (content === null) await rm(file, { force: true });
    else {
      await mkdir(join(file, '..'), { recursive: true });
      await writeFile(file, content);
    }
  }
}

for (const [name, base] of [
  ['0.3', OLDER],
  ['0.4', NEWER],
] as const) {
  test(`a complete wrapper for ${name} has no findings`, async () => {
    await using temporary = await temporaryFolder();
    await write(temporary.path, base);
    const report = await lintWrapper(temporary.path);
    assert.deepEqual(report.findings, []);
    assert.equal(report.generation, name);
  });
}

for (const [index, { code, base, files, link, at, also = [] }] of CASES.entries()) {
  test(`${code} (${base === OLDER ? '0.3' : '0.4'}, ${index}) at ${at}`, async () => {
    await using temporary = await temporaryFolder();
    await write(temporary.path, base);
    await write(temporary.path, files);
    if (link) await symlink(link[1], join(temporary.path, link[0]));
    const { findings } = await lintWrapper(temporary.path);
    const mine = findings.filter((found) => found.code === code);
    assert.ok(mine.length === 1 || also.includes(code), JSON.stringify(findings, null, 1));
    assert.deepEqual(
      findings.filter((found) => found.code !== code && !also.includes(found.code)),
      [],
    );
    const [{ where }] = mine as [Finding];
    assert.ok(where.file?.startsWith(temporary.path));
    if (at.startsWith('/')) {
      assert.equal(where.path, at);
      assert.ok((where.line ?? 0) > 0, 'it has a line');
    } else assert.equal(where.file, join(temporary.path, at));
  });
}

test('a bundle that is older than its sources is mentioned', async () => {
  await using temporary = await temporaryFolder();
  await write(temporary.path, { ...NEWER, 'javascript/index.js': '' });
  assert.deepEqual((await lintWrapper(temporary.path)).findings, []);
  const later = new Date(Date.now() + 60_000);
  await utimes(join(temporary.path, 'startos/manifest/index.ts'), later, later);
  assert.deepEqual(
    (await lintWrapper(temporary.path)).findings.map(({ code }) => code),
    ['bundle-outdated'],
  );
});

test('what is not a wrapper is said to be none', async () => {
  await using temporary = await temporaryFolder();
  const codes = async () => (await lintWrapper(temporary.path)).findings.map(({ code }) => code);
  assert.deepEqual(await codes(), ['wrapper-missing']);
  await writeFile(join(temporary.path, 'manifest.json'), '{ "name": "App", "start_url": "/" }');
  assert.deepEqual(await codes(), ['wrapper-missing']);
  await writeFile(join(temporary.path, 'manifest.json'), '{ "name": ');
  assert.deepEqual([...new Set(await codes())], ['manifest-json']);
  await assert.rejects(lintWrapper(join(temporary.path, 'nothing')), { code: 'ENOENT' });
});

test('with the manifest alone nothing around it is looked at', async () => {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.path, 'manifest.yaml'), YAML_03);
  assert.deepEqual((await lintWrapper(temporary.path, { manifestOnly: true })).findings, []);
});

test('the SDK that is installed decides, before the one that is asked for', async () => {
  await using temporary = await temporaryFolder();
  await cp('test/fixtures/wrappers/arch-from-env', temporary.path, { recursive: true });
  const codes = async () =>
    (await lintWrapper(temporary.path, { manifestOnly: true })).findings.map(({ code }) => code);
  assert.deepEqual([...new Set(await codes())], ['manifest-key-dropped']);
  await write(temporary.path, { 'node_modules/@start9labs/start-sdk/package.json': '{ "version": "2.0.9" }' });
  assert.ok((await codes()).includes('manifest-unknown-key'));
  await write(temporary.path, { 'node_modules/@start9labs/start-sdk/package.json': '{ "version": "0.3.6-beta.3" }' });
  assert.deepEqual(await codes(), ['sdk-unknown']);
});
