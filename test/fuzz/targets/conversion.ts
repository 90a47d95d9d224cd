import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareManifests, comparePackages } from '../../../extension/engine/browse/compare.ts';
import { openBrowser } from '../../../extension/engine/browse/open-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { encodeManifest1 } from '../../../extension/engine/cbor/manifest-record.ts';
import { readCborManifest } from '../../../extension/engine/cbor/read-manifest.ts';
import { convertSections } from '../../../extension/engine/convert/convert-sections.ts';
import { FindingError, hasErrors } from '../../../extension/engine/finding.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { isObject, type JsonObject, parseJson, toRawJson } from '../../../extension/engine/package/json.ts';
import { formatPrivateKey } from '../../../extension/engine/sign/private-key.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { blake3, testKey } from '../../support/archives.ts';
import { LEGACY_MANIFEST, legacyImages } from '../../support/legacy-package.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { cborManifest, version1Package } from '../../support/version-1.ts';
import { mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { allowing, bytesOf, type FuzzTarget, textOf } from '../target.ts';

/** Values that are of another type than a manifest has them, or far from what anybody writes. */
const VALUES: readonly [unknown, ...unknown[]] = [
  ...([
    null,
    true,
    0,
    -1,
    1.5,
    1e300,
    2 ** 53,
    '',
    'x',
    '*',
    '1.0.0',
    '>=1.0.0 <2',
    'main',
    'embassy',
    'compat',
  ] as const),
  ...['../up', '/abs', 'icon.png', 'http://', 'https://x.org', '5s', '\u0000', '\u202e', '😀', 'x'.repeat(5000)],
  ...[
    [],
    {},
    [[]],
    ['script'],
    { type: 'script' },
    { type: 'docker' },
    { type: 'data' },
    { type: 'certificate' },
    { '*': {} },
  ],
];

/** Forms of actions, with a value of each type. */
const FORM = {
  text: {
    type: 'string',
    name: 'T',
    nullable: true,
    masked: false,
    copyable: true,
    default: { charset: 'a-z', len: 8 },
  },
  count: { type: 'number', name: 'N', nullable: false, range: '[0,*)', integral: true, units: 'MiB', default: 1 },
  flag: { type: 'boolean', name: 'B', default: false },
  choice: { type: 'enum', name: 'E', values: ['a', 'b'], 'value-names': { a: 'A', b: 'B' }, default: 'a' },
  list: {
    type: 'list',
    subtype: 'string',
    name: 'L',
    range: '[0,2]',
    default: [],
    spec: { copyable: false, masked: false },
  },
  object: { type: 'object', name: 'O', spec: { inner: { type: 'boolean', name: 'I', default: true } } },
  pointer: {
    type: 'pointer',
    subtype: 'package',
    name: 'P',
    'package-id': 'bitcoind',
    target: 'tor-address',
    interface: 'rpc',
  },
  union: {
    ...{
      type: 'union',
      name: 'U',
      default: 'a',
      tag: { id: 'type', name: 'Type', 'variant-names': { a: 'A', b: 'B' } },
    },
    variants: { a: {}, b: { inner: { type: 'boolean', name: 'I', default: true } } },
  },
};
const WITH_FORMS = {
  ...LEGACY_MANIFEST,
  actions: {
    act: {
      ...{ name: 'Act', description: 'd', warning: null, 'allowed-statuses': ['running'] },
      ...{ implementation: { type: 'script' }, 'input-spec': FORM },
    },
  },
};

function changed(value: unknown, random: Random): unknown {
  if (random.oneIn(30)) return random.pick(VALUES);
  if (Array.isArray(value)) return value.map((item) => changed(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(() => !random.oneIn(30));
  const entries = kept.map(([key, item]) => [
    random.oneIn(60) ? String(random.pick(VALUES)) : key,
    changed(item, random),
  ]);
  const more = random.oneIn(20)
    ? Array.from({ length: random.size(200) }, (_, n) => [`k${n}`, random.pick(VALUES)])
    : [];
  return Object.fromEntries([...entries, ...more]);
}

const ICONS = [
  '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>',
  ...['\u0089PNG\r\n\u001a\n', 'GIF89a', '\u00ff\u00d8\u00ff', 'RIFF\u0000\u0000\u0000\u0000WEBP', '<html>', ''],
];

/** A package with this manifest, as it is, or as its packer writes it. */
function packageOf(manifest: JsonObject, encoded: Uint8Array): Uint8Array {
  const [id, version] = ['id', 'version'].map((key) => String(manifest.get(key)).slice(0, 30));
  return version1Package({
    manifest: encoded,
    license: bytesOf('MIT\n'),
    instructions: bytesOf('# Older\n'),
    // One for each manifest, so that a case is always the same.
    icon: Buffer.from(ICONS[encoded.length % ICONS.length] ?? '', 'latin1'),
    docker_images: legacyImages(id ?? '', version ?? ''),
    assets: new Uint8Array(1024),
    scripts: bytesOf('export const getConfig = 1'),
  });
}

/** What a packer writes of a manifest in which nothing is wrong is read as it was written; undefined where something is. */
async function packed(text: string): Promise<Uint8Array | undefined> {
  const file = '/w/manifest.json';
  const modules = await Modules.load(file, async (path) => (path === file ? text : undefined));
  const reading = modules && readManifest(modules, {});
  if (reading?.generation !== '0.3' || hasErrors(lintManifest(reading))) return undefined;
  const { value } = parseJson(text);
  return isObject(value) ? encodeManifest1(value) : undefined;
}

/** Manifests of StartOS 0.3 in packages, and what they become for 0.4. */
export const conversionTarget: FuzzTarget = {
  name: 'conversion',
  covers: [
    'extension/engine/convert/*.ts',
    'extension/engine/cbor/{config-spec,manifest-record,shapes,value}.ts',
    'extension/engine/browse/{compare,sections-browser}.ts',
  ],
  seeds: async () => [LEGACY_MANIFEST, WITH_FORMS].map((manifest) => bytesOf(JSON.stringify(manifest))),
  make: async (random) => bytesOf(JSON.stringify(changed(random.oneIn(2) ? WITH_FORMS : LEGACY_MANIFEST, random))),
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input) {
    const text = textOf(input);
    const { value, findings } = parseJson(text);
    if (!isObject(value) || findings.length > 0) return;
    const written = await packed(text);
    if (written) {
      const again = await readCborManifest(new MemorySource(written));
      assert.ok(
        again.manifest && !hasErrors(again.findings),
        `what is packed is read: ${JSON.stringify(again.findings)}`,
      );
    }
    const old = packageOf(value, written ?? cborManifest(toRawJson(value)));
    await using temporary = await temporaryFolder();
    const [file, key, output] = ['old.s9pk', 'key.pem', 'new.s9pk'].map((name) => join(temporary.path, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(file, old);
    await writeFile(key, formatPrivateKey(testKey), { mode: 0o600 });
    const { made, findings: found } = await convertSections({ file, key, output, mtime: 0, blake3 });
    assert.ok(made !== undefined || found.some(({ severity }) => severity === 'error'), 'refused without a word');
    assert.deepEqual(
      (await readdir(temporary.path)).sort(),
      ['key.pem', ...(made ? ['new.s9pk'] : []), 'old.s9pk'].sort(),
    );
    if (!made) return;
    const bytes = new MemorySource(await readFile(output));
    const report = await verifyPackage(bytes, { blake3 });
    assert.ok(report.intact && report.complete, JSON.stringify(report.findings));
    await allowing([FindingError], async () => {
      const [before, after] = [await openBrowser(new MemorySource(old), blake3), await openBrowser(bytes, blake3)];
      await compareManifests(before, after);
      for await (const { path } of comparePackages(before, after, {
        before: new PackageWalk(),
        after: new PackageWalk(),
      }))
        assert.ok(path !== '');
    });
  },
};
