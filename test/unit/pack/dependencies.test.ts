import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { walk } from '../../../extension/engine/archive/entry.ts';
import type { Finding } from '../../../extension/engine/finding.ts';
import { readAll } from '../../../extension/engine/io/byte-source.ts';
import { packDependencies } from '../../../extension/engine/pack/dependencies/dependency-metadata.ts';
import { IconCache } from '../../../extension/engine/pack/dependencies/icon-cache.ts';
import { parseJson } from '../../../extension/engine/package/json.ts';
import { parseManifest } from '../../../extension/engine/package/parse-manifest.ts';
import { archiveBytes, blake3 } from '../../support/archives.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';

let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let url: string;
let server: ReturnType<typeof createServer>;

before(async () => {
  temporary = await temporaryFolder();
  await writeFile(join(temporary.path, 'dep.png'), 'png');
  await writeFile(join(temporary.path, 'dep.ico'), 'ico');
  await writeFile(join(temporary.path, 'large.png'), new Uint8Array(102_401));
  const archive = await archiveBytes(validPackage());
  await writeFile(join(temporary.path, 'dep.s9pk'), archive);
  await writeFile(join(temporary.path, 'bad.s9pk'), archive.with(40, 1));
  server = createServer((request, response) => {
    switch (request.url) {
      case '/icon':
        return response.setHeader('content-type', 'image/jpeg; charset=binary').end('jpeg');
      case '/large':
        return response.setHeader('content-type', 'image/png').end(Buffer.alloc(1 << 20));
      case '/dep.s9pk': {
        const [, start = 0, end = 0] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
        response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${archive.length}` });
        return response.end(archive.subarray(Number(start), Number(end) + 1));
      }
      default:
        return response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.close();
  await temporary[Symbol.asyncDispose]();
});

async function packOne(
  source: object,
  options: Partial<Parameters<typeof packDependencies>[1]> = {},
): Promise<{ files: Record<string, string>; findings: Finding[] }> {
  const dependency = { description: null, optional: true, ...source };
  const { value } = parseJson(JSON.stringify({ ...goodManifest, dependencies: { dep: dependency } }));
  const { manifest } = parseManifest(value ?? null);
  assert.ok(manifest);
  const findings: Finding[] = [];
  const root = await packDependencies(manifest, { folder: temporary.path, blake3, ...options }, findings);
  const files: Record<string, string> = {};
  for (const [path, entry] of root ? walk(root) : []) {
    if (entry.kind === 'file') files[path.join('/')] = Buffer.from(await readAll(entry.content, 1 << 20)).toString();
  }
  return { files, findings };
}

const metadata = (icon: string) => ({ metadata: { title: 'Dep', icon } });

test('title and icon come from a path, a data URL, the web or another package', async () => {
  const json = '{"title":"Dep"}';
  const fromPath = { 'dep/metadata.json': json, 'dep/icon.png': 'png' };
  assert.deepEqual((await packOne(metadata('dep.png'))).files, fromPath);
  assert.deepEqual((await packOne(metadata(`file://${join(temporary.path, 'dep.png')}`))).files, fromPath);
  assert.deepEqual((await packOne(metadata('data:image/svg+xml;base64,PHN2Zy8+'))).files, {
    'dep/metadata.json': json,
    'dep/icon.svg': '<svg/>',
  });
  assert.deepEqual((await packOne(metadata(`${url}/icon`))).files, {
    'dep/metadata.json': json,
    'dep/icon.pjp': 'jpeg',
  });
  const fromPackage = {
    'dep/metadata.json': '{"title":"Test"}',
    'dep/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  };
  assert.deepEqual((await packOne({ s9pk: 'dep.s9pk' })).files, fromPackage);
  assert.deepEqual((await packOne({ s9pk: `${url}/dep.s9pk` })).files, fromPackage);
});

test('what cannot be had is a finding at the dependency', async () => {
  const cases: readonly [source: object, code: Finding['code'], message: RegExp][] = [
    [metadata('nothing.png'), 'dependency-icon', /is not there/],
    [metadata(''), 'dependency-icon', /is not there/],
    [metadata('dep.ico'), 'dependency-icon', /cannot be shown by devices/],
    [metadata('large.png'), 'dependency-icon', /at most 102400 bytes/],
    [metadata(`${url}/large`), 'dependency-icon', /at most 102400 bytes/],
    [metadata(`${url}/missing`), 'dependency-icon', /answered 404/],
    [metadata('data:image/png,plain'), 'dependency-icon', /base64/],
    [metadata('ftp://example.org/icon.png'), 'dependency-icon', /ftp:/],
    [{ s9pk: 'bad.s9pk' }, 'dependency-s9pk', /signature|public key/],
    [{}, 'dependency-metadata', /neither its title nor its icon/],
  ];
  for (const [source, code, message] of cases) {
    const { findings, files } = await packOne(source);
    assert.deepEqual(
      findings.map((found) => found.code),
      [code],
      JSON.stringify(source),
    );
    assert.match(findings[0]?.message ?? '', message);
    assert.match(findings[0]?.where.path ?? '', /^\/dependencies\/dep/);
    assert.deepEqual(files, {});
  }
});

test('an icon from disk takes the place of the one that the manifest names', async () => {
  const icons = [{ id: 'dep', path: join(temporary.path, 'dep.png') }];
  const { files, findings } = await packOne(metadata('https://example.invalid/icon.png'), { icons });
  assert.deepEqual(findings, []);
  assert.equal(files['dep/icon.png'], 'png');
  const wrong = [{ id: 'other', path: 'dep.png' }];
  const unknown = await packOne(metadata('dep.png'), { icons: wrong });
  assert.deepEqual(
    unknown.findings.map(({ code, where }) => [code, where.path]),
    [['dependency-icon', '/dependencies/other']],
  );
  const untitled = await packOne({}, { icons });
  assert.match(untitled.findings[0]?.message ?? '', /without a title/);
});

test('what an address gave before is packed when it cannot be reached, and the cause is said', async () => {
  const iconCache = new IconCache(join(temporary.path, 'icons'));
  const gone = createServer((_request, response) => response.setHeader('content-type', 'image/png').end('kept'));
  await new Promise<void>((done) => gone.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${(gone.address() as AddressInfo).port}/icon.png`;
  const first = await packOne(metadata(address), { iconCache });
  assert.deepEqual(first.findings, []);
  gone.closeAllConnections();
  await new Promise<unknown>((done) => gone.close(done));
  const second = await packOne(metadata(address), { iconCache });
  assert.equal(second.files['dep/icon.png'], 'kept');
  assert.deepEqual(
    second.findings.map(({ code, severity, where }) => [code, severity, where.path]),
    [['dependency-icon-kept', 'info', '/dependencies/dep/metadata/icon']],
  );
  const without = await packOne(metadata(address));
  assert.deepEqual(
    without.findings.map(({ code }) => code),
    ['dependency-icon'],
  );
  assert.match(without.findings[0]?.message ?? '', /127\.0\.0\.1:\d+\/icon\.png could not be fetched: .*ECONNREFUSED/);
  // An answer is an answer: an address whose icon is gone is not papered over.
  await iconCache.put(`${url}/missing`, { bytes: Buffer.from('old'), mime: 'image/png' });
  const missing = await packOne(metadata(`${url}/missing`), { iconCache });
  assert.match(missing.findings[0]?.message ?? '', /answered 404/);
});
