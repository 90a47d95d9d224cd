import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { JsonObject } from '../../extension/engine/package/json.ts';
import { dataOf, readManifest } from '../../extension/manifest/lint-manifest.ts';
import { nodeAt, stringOf } from '../../extension/manifest/meaning/data-tree.ts';
import { Modules } from '../../extension/manifest/meaning/modules.ts';
import { toJson } from '../../extension/manifest/meaning/plain-value.ts';
import { examineManifest03 } from '../../extension/manifest/rules-03/examine.ts';
import { imagesUsed } from '../../extension/manifest/rules-03/procedures.ts';
import { type Files, PNG, savedImage } from './wrapper-03.ts';

/** Files for everything that a published manifest names. */
export async function stubsFor(name: string, text: string): Promise<Files> {
  const file = `manifest.${name.split('.').at(-1)}`;
  const modules = await Modules.load(file, async () => text);
  assert.ok(modules);
  const reading = readManifest(modules);
  assert.ok(reading, name);
  const root = dataOf(reading);
  const asset = (key: string, fallback: string) => stringOf(nodeAt(root, `/assets/${key}`)) ?? fallback;
  const textOf = (key: string) => stringOf(nodeAt(root, `/${key}`)) ?? '';
  const used = [...imagesUsed(root).keys()];
  const tags = (used.length > 0 ? used : ['main']).map(
    (image) => `start9/${textOf('id')}/${image}:${textOf('version')}`,
  );
  const images = asset('docker-images', 'docker-images');
  const archives: Record<string, Uint8Array> = images.endsWith('.tar')
    ? { [images]: savedImage('amd64', ...tags) }
    : {
        [join(images, 'x86_64.tar')]: savedImage('amd64', ...tags),
        [join(images, 'aarch64.tar')]: savedImage('arm64', ...tags),
      };
  const { assets } = examineManifest03(toJson(root) as JsonObject);
  const exported =
    'getConfig setConfig properties migration health action dependencies createBackup restoreBackup main';
  return {
    [file]: text,
    [asset('license', 'LICENSE.md')]: 'A licence\nof two lines.\n',
    [asset('instructions', 'INSTRUCTIONS.md')]: '# How\n',
    [asset('icon', 'icon.png')]: PNG,
    [join(asset('scripts', 'scripts'), 'embassy.js')]: exported
      .split(' ')
      .map((one) => `export const ${one} = 1;\n`)
      .join(''),
    ...Object.fromEntries(assets.map((id) => [join(asset('assets', 'assets'), id, 'file'), id])),
    ...archives,
  };
}
