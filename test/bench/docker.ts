import { spawnSync } from 'node:child_process';
import { link, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageCache } from '../../extension/engine/image/cache/image-cache.ts';
import { compare } from './compare.ts';
import { run } from './root-file-system.ts';
import { BenchWrapper } from './wrapper.ts';

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
  const works = (...args: string[]) => spawnSync('docker', args, { stdio: 'ignore' }).status === 0;
  if (!works('version') || !works('buildx', 'version')) {
    console.log('\nno container engine with buildx: nothing to compare with (test/docker/engine.sh starts one)');
    return;
  }
  const wrapper = await BenchWrapper.make(join(folder, 'wrapper'), ['x86_64']);
  const context = join(wrapper.folder, 'image');
  await mkdir(context, { recursive: true });
  await link(tar, join(context, 'root.tar'));
  await writeFile(join(context, 'Dockerfile'), 'FROM scratch\nADD root.tar /\nCMD ["/bin/sh"]\n');
  const cacheFolder = join(folder, 'cache');
  const buildAlone = () =>
    run('docker', ['buildx', 'build', context, '--build-arg', 'ARCH=x86_64', '--provenance=false']);
  // The engine's own build is the same for both, so it is done before.
  buildAlone();
  await compare('built image to a signed package, its squashfs included; theirs to the squashfs alone', [
    ['s9pk pack', () => wrapper.pack()],
    [
      "the reference's sequence",
      () => run('bash', ['-c', REFERENCE, 'bash', context, 's9pk-bench:1', join(folder, 'reference')]),
    ],
  ]);
  const cache = new ImageCache(cacheFolder);
  await compare('pack what was built again', [
    ['nothing changed', () => wrapper.pack(cache)],
    // It looks at the whole context and at every step, which no pack can leave out.
    ['docker buildx build alone', buildAlone],
    [
      'only JavaScript changed',
      async () => {
        await wrapper.changeScript();
        await wrapper.pack(cache);
      },
    ],
    [
      'no cache of ours yet',
      async () => {
        await rm(cacheFolder, { recursive: true, force: true });
        await wrapper.pack(cache);
      },
    ],
  ]);
}
