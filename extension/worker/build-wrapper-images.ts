import { fastestBlake3 } from '../engine/hash/fastest-blake3.ts';
import type { OnBuild } from '../engine/image/build/build-progress.ts';
import { ImageCache } from '../engine/image/cache/image-cache.ts';
import type { Work } from '../engine/progress.ts';
import { buildFolderImages } from '../manifest/wrapper/packing/build-folder-images.ts';
import type { BuildImagesAnswer, BuildImagesRequest } from './protocol.ts';

/** Work that runs other programs: what they print, and the steps of what they build. */
export interface BuildWork extends Work {
  readonly log: (line: string) => void;
  readonly onBuild: OnBuild;
}

/** Builds images of a wrapper into the cache and gives every finding its place in the sources. */
export async function buildWrapperImages(request: BuildImagesRequest, work: BuildWork): Promise<BuildImagesAnswer> {
  const cache = ImageCache.ofUser(process.env);
  const options = { ...request, ...work, cache, env: process.env, blake3: fastestBlake3() };
  const { built, findings } = await buildFolderImages(options);
  return { built, findings };
}
