import { join, resolve } from 'node:path';
import { type Finding, finding } from '../../../engine/finding.ts';
import { withSlashes } from '../../../engine/io/path-inside.ts';
import { readText } from '../../../engine/io/whole-file.ts';
import { stateOf } from '../files.ts';
import { isIgnored } from './dockerignore.ts';

/**
 * A signing key that would be sent to the builder with all else that an image is built from.
 * @param path where the manifest names the build, as a JSON pointer
 */
export async function checkContext(
  folder: string,
  context: string,
  dockerfile: string,
  path: string,
): Promise<Finding[]> {
  const at = resolve(folder, context);
  if ((await stateOf(join(at, '.startos'))) !== 'folder') return [];
  const own = (await readText(`${dockerfile}.dockerignore`)) ?? (await readText(join(at, '.dockerignore')));
  if (own !== undefined && isIgnored(own, '.startos')) return [];
  const where =
    own === undefined
      ? `there is no ${withSlashes(join(context, '.dockerignore'))}`
      : 'its .dockerignore does not name it';
  const message = `the folder ${context} is sent to the builder with .startos in it, where the signing key is: ${where}`;
  return [finding('key-in-context', message, { path })];
}
