import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createKey } from '../../extension/engine/sign/key-store.ts';
import { YAML_03 } from './manifests.ts';
import { tarOf } from './tars.ts';

/** A wrapper for StartOS 0.3 in which nothing is wrong, with images as `docker save` writes them. */

export type Files = Readonly<Record<string, string | Uint8Array | null>>;

export const PNG = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);

/** What `docker save` writes of an image of two layers under these tags. */
export function savedImage(platform: 'amd64' | 'arm64', ...tags: string[]): Uint8Array {
  const lower = tarOf([{ name: 'etc/' }, { name: 'etc/hostname', content: 'lower\n' }, { name: 'gone', content: 'x' }]);
  const upper = tarOf([
    { name: 'etc/' },
    { name: 'etc/hostname', content: `${platform}\n` },
    { name: '.wh.gone', content: '' },
    { name: 'bin/' },
    { name: 'bin/sh', content: '#!sh\n', mode: 0o755 },
    { name: 'sh', linkTo: '/bin/sh' },
  ]);
  const config = { architecture: platform, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: ['', ''] } };
  return tarOf([
    { name: 'config.json', content: JSON.stringify(config) },
    { name: 'lower/layer.tar', content: lower },
    { name: 'upper/layer.tar', content: upper },
    {
      name: 'manifest.json',
      content: JSON.stringify([
        { Config: 'config.json', RepoTags: tags, Layers: ['lower/layer.tar', 'upper/layer.tar'] },
      ]),
    },
  ]);
}

const TAG = 'start9/hello-world/main:1.0.0';

export const WRAPPER_03: Files = {
  'manifest.yaml': YAML_03,
  LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge.\n',
  'instructions.md': '# Instructions\n',
  'icon.png': PNG,
  'scripts/embassy.js': 'var a=()=>{};export{a as getConfig,a as properties,a as migration};\n',
  'docker-images/x86_64.tar': savedImage('amd64', TAG),
  'docker-images/aarch64.tar': savedImage('arm64', TAG),
};

/** Writes files into a folder, and a key to sign with. Those that are null are left out. */
export async function writeWrapper(folder: string, files: Files = WRAPPER_03): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    if (content === null) continue;
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  await createKey(folder);
}
