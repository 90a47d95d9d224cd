import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Finding, finding } from '../../../extension/engine/finding.ts';
import { locateFindings } from '../../../extension/manifest/meaning/locate.ts';

const FILES: Readonly<Record<string, string>> = {
  '/w/startos/manifest/index.ts': `import { setupManifest } from '@start9labs/start-sdk'
import { short as brief } from './i18n'
const arch = ['x86_64'] as const
export const manifest = setupManifest({
  id: 'Bad Id',
  'title': "T",
  description: { short: brief, long: \`long\` },
  images: { main: { source: { dockerTag: 'x' }, arch: [...arch, 'arm'] } },
  misspelt: { deep: 1 },
  volumes: [],
} satisfies object)
`,
  '/w/startos/manifest/i18n.ts': "export const short = { en_US: 'Hello', de: 'Hallo' }\n",
  '/w/startos/versions/index.ts':
    "import { current } from './current'\nexport const versions = VersionGraph.of({ current, other: [] })\n",
  '/w/startos/versions/current.ts':
    "export const current = VersionInfo.of({\n  version: '1.0',\n  releaseNotes: { en_US: 'x', de: 'y' },\n})\n",
  '/w/manifest.json': '{\n  "id": "x",\n  "images": { "main": { "arch": ["a", "b"] } }\n}\n',
  '/w/manifest.yaml': 'id: x\nimages:\n  main:\n    arch:\n      - a\n      - b\n',
};

/** How paths are written on the disk that the manifest lies on; the others are those of workspaces that are elsewhere. */
const onWindows = (file: string) => `c:${file.replaceAll('/', '\\')}`;
const asIs = (file: string) => file;

async function placeOf(
  file: string,
  path: string,
  { code = 'manifest-type', spelt = asIs }: { code?: Finding['code']; spelt?: (file: string) => string } = {},
): Promise<string> {
  const files = new Map(Object.entries(FILES).map(([name, text]) => [spelt(name), { name, text }]));
  const readText = async (name: string) => files.get(name)?.text;
  const [located] = await locateFindings([finding(code, 'm', { path })], spelt(file), readText);
  const { where } = located as Finding;
  const found = files.get(where.file ?? '');
  const lines = (found?.text ?? '').split('\n');
  assert.equal(where.line, where.endLine, 'these are all on one line');
  const text = lines[(where.line ?? 0) - 1]?.slice((where.column ?? 0) - 1, (where.endColumn ?? 0) - 1);
  return `${found?.name.slice(3)}: ${text}`;
}

const TS = '/w/startos/manifest/index.ts';
const CASES: readonly [file: string, path: string, expected: string][] = [
  [TS, '/id', "startos/manifest/index.ts: 'Bad Id'"],
  [TS, '/title', 'startos/manifest/index.ts: "T"'],
  [TS, '/description/long', 'startos/manifest/index.ts: `long`'],
  [TS, '/description/short/de', "startos/manifest/i18n.ts: 'Hallo'"],
  [TS, '/images/main/source/dockerTag', "startos/manifest/index.ts: 'x'"],
  [TS, '/images/main/emulateMissingAs', 'startos/manifest/index.ts: main'],
  [TS, '/images', 'startos/manifest/index.ts: images'],
  [TS, '/version', "startos/versions/current.ts: '1.0'"],
  [TS, '/releaseNotes/de', "startos/versions/current.ts: 'y'"],
  [TS, '/satisfies', 'startos/versions/current.ts: {'],
  [TS, '/canMigrateTo', 'startos/manifest/index.ts: {'],
  [TS, '', 'startos/manifest/index.ts: {'],
  ['/w/manifest.json', '/id', 'manifest.json: "x"'],
  ['/w/manifest.json', '/images/main/arch/1', 'manifest.json: "b"'],
  ['/w/manifest.json', '/nothing', 'manifest.json: {'],
  ['/w/manifest.yaml', '/images/main/arch/1', 'manifest.yaml: b'],
  ['/w/manifest.yaml', '/images/main', 'manifest.yaml: main'],
];

for (const [file, path, expected] of CASES) {
  test(`${path || 'the root'} of ${file.slice(3)} is found`, async () => {
    assert.equal(await placeOf(file, path), expected);
    assert.equal(await placeOf(file, path, { spelt: onWindows }), expected, 'on a disk of Windows');
  });
}

test('an unknown key is marked at the key, a wrong value at the value', async () => {
  assert.equal(await placeOf(TS, '/id', { code: 'manifest-unknown-key' }), 'startos/manifest/index.ts: id');
  assert.equal(await placeOf(TS, '/id', { code: 'manifest-id' }), "startos/manifest/index.ts: 'Bad Id'");
});

test('half-typed text never throws', async () => {
  for (const [file, text] of Object.entries(FILES)) {
    for (let end = 0; end <= text.length; end += 1) {
      await locateFindings([finding('manifest-type', 'm', { path: '/images/main/arch/0' })], file, async (name) =>
        name === file ? text.slice(0, end) : FILES[name],
      );
    }
  }
});

test('findings that have a place keep it', async () => {
  const found = finding('manifest-json', 'm', { line: 3, column: 1, path: '/x' });
  assert.deepEqual(await locateFindings([found], TS, async () => undefined), [found]);
  const inside = finding('content-hash', 'm', { path: 'LICENSE.md' });
  assert.deepEqual(await locateFindings([inside], TS, async () => undefined), [inside]);
});
