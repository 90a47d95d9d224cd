import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../extension/engine/finding.ts';
import { selectArch } from '../../../extension/engine/pack/images/select-arch.ts';
import { parseJson } from '../../../extension/engine/package/json.ts';
import { parseManifest } from '../../../extension/engine/package/parse-manifest.ts';
import { goodManifest } from '../../support/packages.ts';

type Images = Record<string, { arch: string[]; emulateMissingAs: string | null }>;

function select(images: Images, restricted: string[] | null, wanted: string[]) {
  const changes = {
    images: Object.fromEntries(Object.entries(images).map(([id, image]) => [id, { source: 'packed', ...image }])),
    hardwareRequirements: { arch: restricted },
  };
  const { value } = parseJson(JSON.stringify({ ...goodManifest, ...changes }));
  const { manifest, findings: parsed } = parseManifest(value ?? null);
  assert.ok(manifest, JSON.stringify(parsed));
  const findings: Finding[] = [];
  const selected = selectArch(manifest, wanted, findings);
  return {
    hardware: selected.hardwareRequirements.arch,
    images: [...selected.images.values()].map((image) => image.arch.join(' ')),
    codes: findings.map((found) => found.code),
  };
}

const all = ['x86_64', 'aarch64', 'riscv64'];

test('without a wish everything stays as the manifest says', () => {
  const result = select({ main: { arch: all, emulateMissingAs: 'x86_64' } }, null, []);
  assert.deepEqual(result, { hardware: null, images: ['aarch64 riscv64 x86_64'], codes: [] });
});

test('a wish narrows images and requirements', () => {
  const result = select({ main: { arch: all, emulateMissingAs: 'x86_64' } }, null, ['riscv64']);
  assert.deepEqual(result, { hardware: ['riscv64'], images: ['riscv64'], codes: [] });
});

test('an image with nothing for a wanted architecture brings the one that is emulated', () => {
  const images = {
    main: { arch: ['x86_64'], emulateMissingAs: 'x86_64' },
    other: { arch: all, emulateMissingAs: 'x86_64' },
  };
  assert.deepEqual(select(images, null, ['aarch64']).images, ['x86_64', 'aarch64']);
});

test('partial coverage brings the emulated architecture too', () => {
  const images = { main: { arch: ['x86_64', 'aarch64'], emulateMissingAs: 'x86_64' } };
  const result = select(images, null, ['aarch64', 'riscv64']);
  assert.deepEqual(result, { hardware: ['aarch64', 'riscv64'], images: ['aarch64 x86_64'], codes: [] });
});

test('a missing architecture without emulation fails early', () => {
  const images = { main: { arch: ['x86_64'], emulateMissingAs: null } };
  assert.deepEqual(select(images, ['x86_64', 'aarch64'], ['aarch64']).codes, ['arch-unsupported']);
  assert.deepEqual(select(images, ['x86_64', 'aarch64'], []).codes, ['arch-unsupported']);
});

test('requirements narrower than an image build only what is needed', () => {
  const result = select({ main: { arch: all, emulateMissingAs: null } }, ['x86_64'], []);
  assert.deepEqual(result, { hardware: ['x86_64'], images: ['x86_64'], codes: [] });
});

test('wishes that cannot be met are errors', () => {
  const images = { main: { arch: all, emulateMissingAs: 'x86_64' } };
  assert.deepEqual(select(images, ['x86_64'], ['aarch64']).codes, ['arch-unsupported']);
  assert.deepEqual(select(images, null, ['mips']).codes, ['arch-unsupported']);
  assert.deepEqual(select(images, [], []).codes, ['arch-unsupported']);
});
