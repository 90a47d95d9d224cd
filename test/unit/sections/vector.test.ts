import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ed25519ph } from '@noble/curves/ed25519.js';
import { fromHex, toHex } from '../../../extension/engine/bytes.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { hashBody, showHash } from '../../../extension/engine/sections/body-hash.ts';
import { parseSectionsTable } from '../../../extension/engine/sections/header.ts';
import { readSections } from '../../../extension/engine/sections/reader.ts';
import { bytesSection, writeSections } from '../../../extension/engine/sections/writer.ts';
import { keyFromSeed } from '../../../extension/engine/sign/private-key.ts';

const KEY = keyFromSeed(Uint8Array.from({ length: 32 }, (_, index) => index));
const text = (content: string) => bytesSection(new TextEncoder().encode(content));

async function vector(): Promise<{ bytes: Uint8Array; digest: Uint8Array }> {
  const sink = new MemorySink();
  const digest = await writeSections(
    {
      manifest: bytesSection(Uint8Array.of(0xa0, 0x0a)),
      license: text('L'),
      instructions: text('I'),
      icon: text('P'),
      docker_images: text('D'),
      assets: bytesSection(new Uint8Array(1024)),
    },
    sink,
    KEY,
  );
  return { bytes: sink.bytes(), digest };
}

test('the vector of s9pk-v1 section 1.7 is written byte by byte', async () => {
  const { bytes, digest } = await vector();
  assert.equal(bytes.length, 1309);
  assert.equal(
    toHex(bytes.subarray(0, 35)),
    `3b3b01${'03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'}`,
  );
  assert.equal(
    toHex(bytes.subarray(35, 99)),
    'b0f0bb549935eb56be063f059320555ff81f12d14ecdfe141c900239dd811f4a1a6af6c299f84a3365e6e96250edad2b9755b20a190987e4a24988cf70969e0b',
  );
  assert.equal(
    toHex(bytes.subarray(99, 279)),
    [
      '000000b0',
      '086d616e696665737400000000000001170000000000000002',
      '076c6963656e736500000000000001190000000000000001',
      '0c696e737472756374696f6e73000000000000011a0000000000000001',
      '0469636f6e000000000000011b0000000000000001',
      '0d646f636b65725f696d61676573000000000000011c0000000000000001',
      '06617373657473000000000000011d0000000000000400',
      '077363726970747300000000000000000000000000000000',
    ].join(''),
  );
  assert.equal(
    toHex(digest),
    'bd3943157ad3b9b68450a920fd5c31f437511c11533aa5d698c999051a90f8ff436b69de933af9909256cf7164872973157ae11fb692a0b95700c7c5cc7f1aa6',
  );
  assert.equal(
    showHash(digest),
    'XU4UGFL22O43NBCQVEQP2XBR6Q3VCHARKM5KLVUYZGMQKGUQ7D7UG23J32JTV6MQSJLM64LEQ4UXGFL24EP3NEVAXFLQBR6FZR7RVJQ',
  );
});

test('its signature holds by an independent Ed25519ph, and what is signed is what is hashed', async () => {
  const { bytes, digest } = await vector();
  const context = new TextEncoder().encode('s9pk');
  assert.ok(ed25519ph.verify(bytes.subarray(35, 99), bytes.subarray(279), KEY.publicKey, { context, zip215: false }));
  assert.equal(toHex(digest), createHash('sha512').update(bytes.subarray(279)).digest('hex'));
  const { body } = await readSections(new MemorySource(bytes));
  assert.equal(toHex(await hashBody(body ?? new MemorySource(new Uint8Array(0)))), toHex(digest));
});

test('what is written is read: sections at their places, no scripts', async () => {
  const reading = await readSections(new MemorySource((await vector()).bytes));
  assert.deepEqual(reading.findings, []);
  assert.ok(reading.opens);
  assert.deepEqual(
    [...reading.sections.keys()],
    ['manifest', 'license', 'instructions', 'icon', 'docker_images', 'assets'],
  );
  assert.equal(new TextDecoder().decode(await reading.sections.get('icon')?.read(0, 9)), 'P');
});

test('a table of six sections, as 0.3.0 wrote it, is read', async () => {
  const { bytes } = await vector();
  // Without the entry of the scripts: 24 bytes less, so everything lies that much earlier.
  const { entries } = parseSectionsTable(bytes.subarray(103, 279));
  const older = new Uint8Array(bytes.length - 24);
  older.set(bytes.subarray(0, 255));
  older.set(bytes.subarray(279), 255);
  const view = new DataView(older.buffer);
  view.setUint32(99, 152);
  let at = 103;
  for (const { label, position } of entries.slice(0, 6)) {
    view.setBigUint64(at + 1 + label.length, position - 24n);
    at += 17 + label.length;
  }
  const reading = await readSections(new MemorySource(older));
  assert.deepEqual(reading.findings, []);
  assert.ok(reading.opens);
  assert.equal(reading.sections.size, 6);
});

/** Tables that somebody without the key could have made of the vector's, each with what is said of it. */
const ATTACKS: readonly (readonly [name: string, change: (view: DataView, bytes: Uint8Array) => void, code: string])[] =
  [
    ['the manifest leads into the assets', (view) => view.setBigUint64(112, 0x150n), 'section-place'],
    [
      'license and instructions are swapped',
      (view) => {
        view.setBigUint64(136, 0x11an);
        view.setBigUint64(165, 0x119n);
      },
      'section-place',
    ],
    [
      'scripts lead into the assets',
      (view) => {
        view.setBigUint64(263, 0x120n);
        view.setBigUint64(271, 10n);
      },
      'section-place',
    ],
    ['the assets end early', (view) => view.setBigUint64(247, 512n), 'section-place'],
    ['the assets end late', (view) => view.setBigUint64(247, 1025n), 'section-place'],
    ['a position beyond 64 bits', (view) => view.setBigUint64(239, 0xffff_ffff_ffff_ff00n), 'section-place'],
    ['a label that nobody knows', (_, bytes) => bytes.fill(0x78, 129, 136), 'section-unexpected'],
    ['a label twice', (_, bytes) => bytes.set(new TextEncoder().encode('scripts'), 129), 'section-unexpected'],
    ['a table that ends early', (view) => view.setUint32(99, 175), 'table-malformed'],
    ['a table that goes on', (view) => view.setUint32(99, 200), 'table-malformed'],
    ['a table of gigabytes', (view) => view.setUint32(99, 0xffff_ffff), 'table-oversize'],
    ['a table past the end', (view) => view.setUint32(99, 2000), 'header-truncated'],
    ['no table', (view) => view.setUint32(99, 0), 'section-missing'],
  ];

for (const [name, change, code] of ATTACKS) {
  test(`a changed table is reported: ${name}`, async () => {
    const { bytes } = await vector();
    change(new DataView(bytes.buffer), bytes);
    const reading = await readSections(new MemorySource(bytes));
    assert.ok(
      reading.findings.some((found) => found.code === code && found.severity === 'error'),
      JSON.stringify(reading.findings),
    );
    assert.equal(reading.opens, false);
  });
}

test('bytes behind the last section are reported', async () => {
  const { bytes } = await vector();
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  const { findings } = await readSections(new MemorySource(longer));
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['section-place'],
  );
});

test('whatever the bytes, reading never throws', async () => {
  for (let round = 0; round < 300; round++) {
    const { bytes } = await vector();
    const noise = randomBytes(40);
    for (const [index, byte] of noise.entries())
      bytes[99 + ((byte * 7 + index * 13) % 180)] = noise[(index + 1) % 40] ?? 0;
    await readSections(new MemorySource(bytes));
  }
  await readSections(new MemorySource(fromHex('3b3b01')));
  await readSections(new MemorySource(new Uint8Array(0)));
});
