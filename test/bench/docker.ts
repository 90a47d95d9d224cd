import { spawnSync } from 'node:child_process';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { ImageCache } from '../../extension/engine/image/cache/image-cache.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { createKey } from '../../extension/engine/sign/key-store.ts';
import { compare } from './compare.ts';
import { run } from './root-file-system.ts';

/** What the reference does to every image, for every architecture, on every pack (s9pk-v2 section 6.4). */
const REFERENCE = `set -e -o pipefail
docker buildx build "$1" -f "$1/Dockerfile" -t "$2" --platform=linux/amd64 --build-arg ARCH=x86_64 --provenance=false -o type=docker,dest=- 2>/dev/null | docker load -q >/dev/null
id=$(docker create --platform=linux/amd64 "$2")
docker container inspect "$id" >/dev/null
docker export "$id" | tar2sqfs -q -f "$3"
docker rm "$id" >/dev/null
docker rmi -f "$2" >/dev/null`;

/** Compares with the reference's way from a Dockerfile to a squashfs image, where an engine runs; and packs again. */
export async function benchDocker(folder: string, tar: string): Promise<void> {
  if (spawnSync('docker', ['version'], { stdio: 'ignore' }).status !== 0) {
    console.log('\nno container engine: nothing to compare with (test/docker/engine.sh starts one)');
    return;
  }
  const wrapper = join(folder, 'wrapper');
  await mkdir(join(wrapper, 'image'), { recursive: true });
  await mkdir(join(wrapper, 'javascript'));
  await link(tar, join(wrapper, 'image', 'root.tar'));
  await writeFile(join(wrapper, 'image', 'Dockerfile'), 'FROM scratch\nADD root.tar /\nCMD ["/bin/sh"]\n');
  await writeFile(join(wrapper, 'LICENSE'), 'MIT License\n');
  await writeFile(join(wrapper, 'instructions.md'), '# Bench\n');
  await writeFile(join(wrapper, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>\n');
  await writeFile(join(wrapper, 'manifest.json'), JSON.stringify(MANIFEST));
  const script = (text: string) => writeFile(join(wrapper, 'javascript', 'index.js'), text);
  await script('exports.manifest = {};\n');
  await createKey(wrapper);
  const cacheFolder = join(folder, 'cache');
  const packWith = async (cache?: ImageCache) => {
    const { made, findings } = await pack({ folder: wrapper, blake3: fastestBlake3(), git: 'none', cache });
    if (!made) throw new Error(JSON.stringify(findings));
  };
  // The engine's own build is the same for both, so it is done before.
  run('docker', ['buildx', 'build', join(wrapper, 'image'), '--build-arg', 'ARCH=x86_64', '--provenance=false']);
  await compare('built image to a signed package, its squashfs included; theirs to the squashfs alone', [
    ['s9pk pack', () => packWith()],
    [
      "the reference's sequence",
      () => run('bash', ['-c', REFERENCE, 'bash', join(wrapper, 'image'), 's9pk-bench:1', join(folder, 'reference')]),
    ],
  ]);
  const cache = new ImageCache(cacheFolder);
  let round = 0;
  await compare('pack again', [
    ['nothing changed', () => packWith(cache)],
    [
      'only JavaScript changed',
      async () => {
        await script(`exports.manifest = {}; // ${round++}\n`);
        await packWith(cache);
      },
    ],
    [
      'no cache of ours yet',
      async () => {
        await rm(cacheFolder, { recursive: true, force: true });
        await packWith(cache);
      },
    ],
  ]);
}

const MANIFEST = {
  ...{ id: 'bench', version: '1.0.0:0', title: 'Bench', releaseNotes: 'First.', license: 'MIT' },
  ...{ canMigrateTo: '!', canMigrateFrom: '*', osVersion: '0.4.0', volumes: ['main'] },
  description: { short: 'Bench', long: 'Measured.' },
  ...{ packageRepo: 'https://example.org/', upstreamRepo: 'https://example.org/' },
  images: { main: { source: { dockerBuild: { workdir: 'image' } }, arch: ['x86_64'], emulateMissingAs: 'x86_64' } },
};
