import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fetchFollowing } from '../../../extension/engine/http/fetch-following.ts';
import { HttpSource } from '../../../extension/engine/http/http-source.ts';
import { isPrivateAddress } from '../../../extension/engine/http/private-address.ts';

const FILE = Buffer.from('0123456789');
let url = '';
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => answer(request, response));
before(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

function range(request: IncomingMessage): [start: number, end: number] {
  const [, start = 0, end = 0] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
  return [Number(start), Number(end)];
}

const honest = (request: IncomingMessage, response: ServerResponse) => {
  const [start, end] = range(request);
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${FILE.length}` });
  response.end(FILE.subarray(start, end + 1));
};

test('a file is read piecewise, and no further than its end', async () => {
  answer = honest;
  const source = await HttpSource.open(url);
  assert.equal(source.size, 10);
  assert.equal(Buffer.from(await source.read(2, 3)).toString(), '234');
  assert.equal(Buffer.from(await source.read(8, 100)).toString(), '89');
  assert.equal((await source.read(10, 5)).length, 0);
});

test('a server that sends more or less than it was asked for is not read', async () => {
  answer = honest;
  const source = await HttpSource.open(url);
  let sent = 0;
  answer = (_, response) => {
    response.writeHead(206, { 'content-range': 'bytes 0-3/10' });
    const more = () => {
      if (response.destroyed || sent > 512 << 20) return;
      sent += 1 << 16;
      response.write(Buffer.alloc(1 << 16), () => setImmediate(more));
    };
    more();
  };
  await assert.rejects(source.read(0, 4), /sent more than it was asked for/);
  assert.ok(sent < 64 << 20, `${sent} bytes were taken`);
  answer = (_, response) => response.writeHead(206).end('01');
  await assert.rejects(source.read(0, 4), /sent 2 of 4 bytes/);
  answer = (_, response) => response.writeHead(200).end('0123456789');
  await assert.rejects(source.read(0, 4), /answered 200 to a range request/);
});

test('a server may send us on, but not to another protocol, on and on, or into our network', async () => {
  answer = (request, response) => {
    if (request.url === '/file') honest(request, response);
    else response.writeHead(302, { location: '/file' }).end();
  };
  assert.equal((await HttpSource.open(url)).size, 10, 'the same server');
  const to = (location: string) => {
    answer = (_, response) => response.writeHead(302, { location }).end();
    return fetchFollowing(url, {});
  };
  await assert.rejects(to('ftp://example.org/'), /sends us on to ftp:/);
  await assert.rejects(to('file:///etc/passwd'), /sends us on to file:/);
  await assert.rejects(to('/again'), /on and on/);
  for (const host of ['localhost', '10.0.0.1', '192.168.1.1', '169.254.169.254', '[::1]', '[::ffff:127.0.0.1]'])
    await assert.rejects(to(`http://${host}:1/`), /private address/, host);
});

test('five times a server may send us on, and only with a status that says so', async () => {
  const hops = (count: number) => {
    let left = count;
    answer = (_, response) =>
      left-- > 0 ? response.writeHead(307, { location: '/' }).end() : response.writeHead(200).end('there');
    return fetchFollowing(url, {}).then((response) => response.text());
  };
  assert.equal(await hops(5), 'there');
  await assert.rejects(hops(6), /on and on/);
  for (const status of [200, 400, 404]) {
    answer = (_, response) => response.writeHead(status, { location: 'ftp://example.org/' }).end();
    assert.equal((await fetchFollowing(url, {})).status, status);
  }
  answer = (_, response) => response.writeHead(302).end();
  assert.equal((await fetchFollowing(url, {})).status, 302, 'on to nowhere');
});

test('addresses are private or public, whatever their family', () => {
  const isPrivate = ['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'];
  for (const address of [...isPrivate, '224.0.0.1', '::1', '::', 'fe80::1', 'fd00::1', '::ffff:10.0.0.1', 'nonsense'])
    assert.ok(isPrivateAddress(address), address);
  for (const address of ['1.1.1.1', '172.32.0.1', '192.0.2.1', '2606:4700::1111', '::ffff:1.1.1.1'])
    assert.ok(!isPrivateAddress(address), address);
});
