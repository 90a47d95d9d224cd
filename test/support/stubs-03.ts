import { join } from 'node:path';
import { isObject, type JsonObject, type JsonValue, toRawJson } from '../../extension/engine/package/json.ts';
import { dataOf, readManifest } from '../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../extension/manifest/meaning/modules.ts';
import { toJson } from '../../extension/manifest/meaning/plain-value.ts';
import { examineManifest03 } from '../../extension/manifest/rules-03/examine.ts';
import { type Files, PNG, savedImage } from './wrapper-03.ts';

/** What a published manifest for StartOS 0.3 says, in its order. */
export async function parseManifest03(file: string, text: string): Promise<JsonObject> {
  const modules = await Modules.load(file, async () => text);
  const reading = modules && readManifest(modules);
  const value = reading && toJson(dataOf(reading));
  if (value === undefined || !isObject(value)) throw new Error(`${file} is no manifest`);
  return value;
}

const EXPORTED = 'getConfig setConfig properties migration health action dependencies createBackup restoreBackup main';

/** Files for everything that a manifest names, each as small as it may be. */
export function stubsFor(manifest: JsonObject): Files {
  const { assets, images: used } = examineManifest03(manifest);
  const text = (key: string) => String(manifest.get(key) ?? '');
  const named = (key: string, fallback: string): string => {
    const all: JsonValue | undefined = manifest.get('assets');
    const given = isObject(all) ? toRawJson(all.get(key) ?? null) : null;
    return typeof given === 'string' ? given : fallback;
  };
  const ids = used.size > 0 ? [...used.keys()] : ['main'];
  const tags = ids.map((image) => `start9/${text('id')}/${image}:${text('version')}`);
  const images = named('docker-images', 'docker-images');
  const archives: Record<string, Uint8Array> = images.endsWith('.tar')
    ? { [images]: savedImage('amd64', ...tags) }
    : {
        [join(images, 'x86_64.tar')]: savedImage('amd64', ...tags),
        [join(images, 'aarch64.tar')]: savedImage('arm64', ...tags),
      };
  return {
    [named('license', 'LICENSE.md')]: 'A licence\nof two lines.\n',
    [named('instructions', 'INSTRUCTIONS.md')]: '# How\n',
    [named('icon', 'icon.png')]: PNG,
    [join(named('scripts', 'scripts'), 'embassy.js')]: EXPORTED.split(' ')
      .map((one) => `export const ${one} = 1;\n`)
      .join(''),
    ...Object.fromEntries(assets.map((id) => [join(named('assets', 'assets'), id, 'file'), id])),
    ...archives,
  };
}
