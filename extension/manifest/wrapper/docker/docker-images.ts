import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ARCHITECTURES_03, stemOf } from '../../../engine/docker-images/images-section.ts';
import { checkSavedImages, type ImageExpectation, onceForAll } from '../../../engine/docker-images/saved-images.ts';
import { type Finding, finding } from '../../../engine/finding.ts';
import { FileSource } from '../../../engine/io/file-source.ts';
import { stateOf } from '../files.ts';

/**
 * Checks the images of a 0.3 wrapper (s9pk-v1 section 6, rules 5 to 9 and P3), in every architecture's archive, where the
 * reference only looks at that of the machine it runs on.
 * @param path what `docker save` wrote, or a folder with one archive for each architecture
 */
export async function checkDockerImages(path: string, shown: string, expected: ImageExpectation): Promise<Finding[]> {
  const where = { path: '/assets/docker-images' };
  const state = await stateOf(path);
  if (state === 'file') return checkArchive(path, expected);
  if (state !== 'folder')
    return [finding('images-unbuilt', `${shown} is not there yet: packing builds the images`, where)];
  const names = (await readdir(path)).sort();
  const archives = names.filter((name) => name.endsWith('.tar'));
  const findings: Finding[] = [];
  if (archives.length === 0)
    findings.push(finding('images-unbuilt', `${shown} holds no image yet: packing builds them`, where));
  for (const name of names) {
    if (archives.includes(name)) {
      if (!ARCHITECTURES_03.some((arch) => arch === stemOf(name))) {
        const message = `${name} is for no device: name it after its architecture, x86_64.tar or aarch64.tar`;
        findings.push(finding('images-stray', message, { file: join(path, name) }));
      }
      findings.push(...(await checkArchive(join(path, name), expected)));
    } else
      findings.push(
        finding('images-stray', `${name} is no image, so it is left out of the package; start-sdk would pack it too`, {
          file: join(path, name),
        }),
      );
  }
  return onceForAll(findings);
}

async function checkArchive(file: string, expected: ImageExpectation): Promise<Finding[]> {
  const name = basename(file);
  const arch = ARCHITECTURES_03.find((known) => `${known}.tar` === name);
  await using source = await FileSource.open(file);
  return await checkSavedImages(source, { name, arch, where: { file } }, expected);
}
