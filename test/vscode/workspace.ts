import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, open, rm, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createKey } from '../../extension/engine/sign/key-store.ts';
import { YAML_03 } from '../support/manifests.ts';
import { tarHeader } from '../support/tars.ts';

const EXAMPLE = resolve('examples', 'hello-world');

/** The example's own packages and image, made once where they are missing. */
export function prepareExample(): void {
  if (!existsSync(join(EXAMPLE, 'node_modules'))) runNpm('ci');
  runNpm('run', 'image');
}

function runNpm(...args: string[]): void {
  const { status } = spawnSync('npm', [...args, '--silent'], { cwd: EXAMPLE, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${EXAMPLE}`);
}

/** Copies the example to `folder`, with a signing key; its packages are shared through a link. */
export async function copyExample(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const skip = ['node_modules', 'javascript', '.startos'].map((name) => join(EXAMPLE, name));
  await cp(EXAMPLE, folder, { recursive: true, filter: (path) => !skip.includes(path) && !path.endsWith('.s9pk') });
  await symlink(join(EXAMPLE, 'node_modules'), join(folder, 'node_modules'));
  await createKey(folder);
}

/** A wrapper with a plain manifest and one image whose root file system holds `size` bytes that do not compress. */
export async function makeLargeWrapper(folder: string, size: number): Promise<void> {
  await mkdir(join(folder, 'javascript'), { recursive: true });
  await mkdir(join(folder, '.vscode'), { recursive: true });
  const manifest = {
    id: 'large',
    version: '1.0.0:0',
    title: 'Large',
    description: { short: 'A large package', long: 'A package whose image is large.' },
    releaseNotes: 'First.',
    canMigrateTo: '!',
    canMigrateFrom: '*',
    license: 'MIT',
    packageRepo: 'https://example.org/large',
    upstreamRepo: 'https://example.org/large',
    marketingUrl: null,
    donationUrl: null,
    osVersion: '0.4.0-beta.10',
    images: { main: { source: { dockerBuild: {} }, arch: ['x86_64'], emulateMissingAs: 'x86_64' } },
    volumes: ['main'],
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest, null, 2));
  await writeFile(join(folder, 'javascript', 'index.js'), 'exports.manifest = {};\n');
  await writeFile(join(folder, 'LICENSE'), 'MIT\n');
  await writeFile(join(folder, 'instructions.md'), '# Large\n');
  await writeFile(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
  await writeFile(join(folder, '.vscode', 'settings.json'), '{ "s9pk.images": { "main": "root.tar" } }\n');
  await writeRootTar(join(folder, 'root.tar'), size);
  await createKey(folder);
}

/** A wrapper for StartOS 0.3 in which nothing is wrong but that its images are not built yet. */
export async function makeOlderWrapper(folder: string): Promise<void> {
  await mkdir(join(folder, 'scripts'), { recursive: true });
  const manifest = YAML_03.replace('description:\n', 'donation-url: https://example.org/donate\ndescription:\n');
  await writeFile(join(folder, 'manifest.yaml'), manifest);
  await writeFile(join(folder, 'LICENSE'), 'MIT License\n\nPermission is hereby granted.\n');
  await writeFile(join(folder, 'instructions.md'), '# Hello World\n');
  await cp(resolve('media', 'icon.png'), join(folder, 'icon.png'));
  const exported = ['getConfig', 'properties', 'migration'].map((name) => `export const ${name} = () => {};\n`);
  await writeFile(join(folder, 'scripts', 'embassy.js'), exported.join(''));
}

/** A tar of files of 8 MiB each with pseudo-random bytes, the same every time. */
export async function writeRootTar(path: string, size: number): Promise<void> {
  const fileSize = 8 << 20;
  const content = new Uint32Array(fileSize / 4);
  let state = 1;
  const handle = await open(path, 'w');
  try {
    for (let index = 0; index * fileSize < size; index++) {
      for (let word = 0; word < content.length; word++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        content[word] = state;
      }
      await handle.write(tarHeader(`file-${index}`, fileSize));
      await handle.write(new Uint8Array(content.buffer));
    }
    await handle.write(Buffer.alloc(1024));
  } finally {
    await handle.close();
  }
}
