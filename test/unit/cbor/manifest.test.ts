import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decodeFirst } from 'cborg';
import { fromHex, toHex } from '../../../extension/engine/bytes.ts';
import { encodeManifest1 } from '../../../extension/engine/cbor/manifest-record.ts';
import { readCborManifest } from '../../../extension/engine/cbor/read-manifest.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { normalDuration } from '../../../extension/engine/package/duration.ts';
import { isObject, type JsonObject, printJson, toJsonValue } from '../../../extension/engine/package/json.ts';
import { parseEmverRange } from '../../../extension/engine/versions/emver.ts';

function manifest(more: Record<string, unknown> = {}): JsonObject {
  const value = toJsonValue({
    'eos-version': '0.3.5.1',
    id: 'hello-world',
    title: 'Hello',
    version: '1.0.0',
    description: { short: 's', long: 'l' },
    'release-notes': 'r',
    license: 'MIT',
    'wrapper-repo': 'https://example.com/',
    'upstream-repo': 'https://example.com/',
    main: { type: 'docker', image: 'main', entrypoint: 'e', mounts: { main: '/root' } },
    'health-checks': { web: { name: 'Web', type: 'script', timeout: '30s' } },
    volumes: { main: { type: 'data' } },
    interfaces: {
      main: {
        name: 'UI',
        description: 'd',
        'tor-config': { 'port-mapping': { 80: '80' } },
        'lan-config': { 443: { ssl: true, internal: 80 } },
        ui: true,
        protocols: ['tcp', 'http'],
      },
    },
    backup: { create: { type: 'script' }, restore: { type: 'script' } },
    ...more,
  });
  assert.ok(isObject(value));
  return value;
}

test('the vector of s9pk-v1 section 2.1.6 is written byte by byte', () => {
  const bytes = encodeManifest1(manifest());
  assert.equal(bytes.length, 932);
  assert.equal(
    createHash('sha512').update(bytes).digest('hex'),
    '8b060798db0cacdc53e2cf330ce2d00c224c061a3a9b642c882069b241ec138767071bc73236857951deb05f5433f3feb0794a437ad9403822a4e6feef344bbe',
  );
});

test('what is written is read, by us and by an independent reader', async () => {
  const bytes = encodeManifest1(manifest({ 'git-hash': 'abc' }));
  const read = await readCborManifest(new MemorySource(bytes));
  assert.deepEqual(read.findings, []);
  const [other, rest] = decodeFirst(bytes) as [Record<string, unknown>, Uint8Array];
  assert.deepEqual([...rest], [10]);
  assert.equal(printJson(read.manifest ?? null), JSON.stringify(other));
  assert.equal(other['git-hash'], 'abc');
});

test('values take the forms that packages hold', () => {
  const { actions, dependencies, migrations, interfaces, main, ...rest } = decodeFirst(
    encodeManifest1(
      manifest({
        'wrapper-repo': 'https://Example.com',
        main: {
          type: 'docker',
          image: 'main',
          entrypoint: 'e',
          mounts: { b: '/b', BACKUP: '/c', a: '/a' },
          'sigterm-timeout': '60s',
        },
        migrations: { from: { '^1.0.0': { type: 'script' }, '~0.2': { type: 'script' } }, to: {} },
        dependencies: { btc: { version: '^0.21.1.2', requirement: { type: 'required', how: 'x' } } },
        interfaces: {
          main: {
            name: 'UI',
            description: 'd',
            'lan-config': { '0443': { ssl: true, mapping: 80 }, 80: { ssl: false, internal: 80 } },
            ui: true,
            protocols: ['http', 'tcp', 'http'],
          },
        },
        actions: {
          act: {
            name: 'A',
            description: 'd',
            implementation: { type: 'script' },
            'allowed-statuses': ['running'],
            'input-spec': {
              zebra: { type: 'number', name: 'N', nullable: true, range: '[ 0, 1.50 ]', units: null },
              apple: { type: 'union', name: 'U', tag: 'kind', variants: { b: {}, a: {} }, default: 'a' },
              list: {
                type: 'list',
                subtype: 'enum',
                name: 'L',
                range: '[0,*)',
                spec: { values: ['x', 'y'] },
                default: [],
              },
            },
          },
        },
      }),
    ),
  )[0] as Record<string, Record<string, unknown>>;
  assert.equal(rest['wrapper-repo'], 'https://example.com/');
  assert.deepEqual(Object.keys(main?.['mounts'] ?? {}), ['BACKUP', 'a', 'b']);
  assert.equal(main?.['sigterm-timeout'], '1m');
  assert.deepEqual(Object.keys(migrations?.['from'] ?? {}), ['>=1.0.0 <2.0.0', '>=0.2.0 <0.3.0']);
  assert.deepEqual(dependencies?.['btc'], {
    version: '>=0.21.1.2 <0.22.0',
    requirement: { type: 'required' },
    description: null,
    config: null,
  });
  const { 'lan-config': lan, protocols } = (interfaces?.['main'] ?? {}) as Record<string, unknown>;
  assert.equal(JSON.stringify(lan), '{"80":{"ssl":false,"internal":80},"443":{"ssl":true,"internal":80}}');
  assert.deepEqual(protocols, ['http', 'tcp']);
  assert.equal(
    JSON.stringify((actions?.['act'] as { 'input-spec'?: unknown } | undefined)?.['input-spec']),
    JSON.stringify({
      zebra: {
        type: 'number',
        range: '[0,1.5]',
        integral: false,
        nullable: true,
        default: null,
        description: null,
        name: 'N',
      },
      apple: {
        type: 'union',
        tag: { id: 'kind', name: 'kind', description: null, 'variant-names': { a: 'a', b: 'b' } },
        variants: { a: {}, b: {} },
        'display-as': null,
        'unique-by': null,
        default: 'a',
        description: null,
        name: 'U',
      },
      list: {
        type: 'list',
        subtype: 'enum',
        spec: { values: ['x', 'y'], 'value-names': { x: 'x', y: 'y' } },
        range: '[0,*)',
        default: [],
        description: null,
        name: 'L',
      },
    }),
  );
});

test('records with flattened parts have no length, others have', () => {
  const hex = toHex(encodeManifest1(manifest()));
  assert.match(hex, /a163776562bf646e616d65/);
  assert.ok(hex.startsWith('b81d6b656f732d76657273696f6e'));
});

test('ranges in their normal form', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['^1.2', '>=1.2.0 <2.0.0'],
    ['^0.0.3', '>=0.0.3 <0.0.4'],
    ['^0.0.0.7', '=0.0.0.7'],
    ['~1', '>=1.0.0 <2.0.0'],
    ['~1.2', '>=1.2.0 <1.3.0'],
    ['~1.2.3', '>=1.2.3 <1.3.0'],
    ['~1.2.3.4', '>=1.2.3.4 <1.2.4'],
    ['1.x', '>=1.0.0 <2.0.0'],
    ['1.2.3.x', '>=1.2.3 <1.2.4'],
    ['1.0 - 2.0.0.1', '>=1.0.0 <=2.0.0.1'],
    ['*', '*'],
    ['(>=1 || =0.5) <3', '(>=1.0.0 || =0.5.0) <3.0.0'],
    ['(*) || >1', '*'],
    ['(*) >1', '>1.0.0'],
    ['!=1.2.3', '!=1.2.3'],
  ];
  for (const [text, normal] of forms) assert.equal(parseEmverRange(text).normal, normal, text);
});

test('durations in their normal form', () => {
  const forms: readonly (readonly [string, string | undefined])[] = [
    ['60s', '1m'],
    ['90s', '90s'],
    ['0s', '0d'],
    ['24h', '1d'],
    ['30000ms', '30s'],
    ['1500ms', '1.5s'],
    ['0.5s', '0.5s'],
    ['1h30m', undefined],
  ];
  for (const [text, normal] of forms) assert.equal(normalDuration(text), normal, text);
});

/** A manifest section with one value in place of the port, as bytes. */
const withPort = (...port: number[]) => {
  const text = (word: string) => [0x60 + word.length, ...new TextEncoder().encode(word)];
  const lan = [0xa1, ...text('443'), 0xa1, ...text('internal'), ...port];
  const bytes = [0xa1, ...text('interfaces'), 0xa1, ...text('main'), 0xa1, ...text('lan-config'), ...lan];
  return new MemorySource(Uint8Array.from([...bytes, 0x0a]));
};

test('a float where an integer belongs is refused, as the reference does, whatever its value', async () => {
  for (const port of [
    [0xf9, 0x55, 0x00],
    [0xfa, 0x42, 0xa0, 0, 0],
    [0xfb, 0x40, 0x54, 0, 0, 0, 0, 0, 0],
    [0xf9, 0x38, 0],
  ]) {
    const { findings } = await readCborManifest(withPort(...port));
    assert.deepEqual(
      findings.map(({ code, where }) => [code, where.path]),
      [['manifest-cbor', '/interfaces/main/lan-config/443/internal']],
    );
  }
  // An integer of any width, and one behind a tag, which counts for nothing.
  for (const port of [
    [0x18, 80],
    [0x19, 0, 80],
    [0x1b, 0, 0, 0, 0, 0, 0, 0, 80],
    [0xc1, 0x18, 80],
    [0xd9, 1, 1, 0x18, 80],
  ]) {
    const { findings, manifest } = await readCborManifest(withPort(...port));
    assert.deepEqual(findings, []);
    assert.match(printJson(manifest ?? null), /"internal":80\}/);
  }
});

test('a float where any number may stand is read and stays one', async () => {
  const hex = 'a16461726773' + '83' + 'f95500' + 'f93e00' + 'fb7e37e43c8800759c';
  const bytes = fromHex(hex);
  const { findings, manifest } = await readCborManifest(new MemorySource(bytes));
  assert.deepEqual(findings, []);
  assert.equal(printJson(manifest ?? null), '{"args":[80.0,1.5,1e+300]}');
});

test('texts that are no UTF-8 and keys that are too long are refused; a byte order mark is text', async () => {
  const read = async (...bytes: number[]) => readCborManifest(new MemorySource(Uint8Array.from(bytes)));
  assert.equal((await read(0xa1, 0x61, 0x61, 0x62, 0xc3, 0x28)).findings[0]?.code, 'manifest-cbor');
  assert.equal((await read(0xa1, 0x62, 0xff, 0xfe, 1)).findings[0]?.code, 'manifest-cbor');
  assert.equal((await read(0xa1, 0x7f, 0x61, 0x61, 0xff, 1)).findings[0]?.code, 'manifest-cbor');
  const key = (size: number) => [0xa1, 0x79, size >> 8, size & 0xff, ...Array.from({ length: size }, () => 0x61), 1];
  assert.deepEqual((await read(...key(4096))).findings, []);
  assert.equal((await read(...key(4097))).findings[0]?.code, 'manifest-cbor');
  const { manifest } = await read(0xa1, 0x61, 0x61, 0x64, 0xef, 0xbb, 0xbf, 0x78);
  assert.equal(manifest?.get('a'), '\ufeffx');
});

test('what is no manifest is said to be none', async () => {
  const code = async (...bytes: number[]) =>
    (await readCborManifest(new MemorySource(Uint8Array.from(bytes)))).findings[0]?.code;
  assert.equal(await code(0xa0, 0x0a), undefined);
  assert.equal(await code(0xa0), undefined);
  assert.equal(await code(0xbf, 0xff, 0x0a), undefined);
  assert.equal(await code(), 'manifest-cbor');
  assert.equal(await code(0xa0, 0x0a, 0x0a), 'manifest-cbor');
  assert.equal(await code(0x80, 0x0a), 'manifest-cbor');
  assert.equal(await code(0xa1, 0x61), 'manifest-cbor');
  assert.equal(await code(0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2), 'manifest-cbor');
  assert.equal(await code(...Array.from({ length: 20_000 }, () => 0x81)), 'manifest-cbor');
  assert.equal(await code(0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 'manifest-cbor');
});
