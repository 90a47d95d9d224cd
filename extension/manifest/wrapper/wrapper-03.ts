import { join, resolve } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { withSlashes } from '../../engine/io/path-inside.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import { child, type DataNode, keysOf, nodeAt, stringOf } from '../meaning/data-tree.ts';
import { imagesUsed, isScript, proceduresOf } from '../rules-03/procedures.ts';
import { checkExports } from '../rules-03/script-exports.ts';
import { checkContext } from './docker/build-context.ts';
import { checkDockerImages } from './docker/docker-images.ts';
import { checkDockerfile } from './docker/dockerfile.ts';
import { checkFile, checkIcon, checkLicenseText, stateOf } from './files.ts';

/** What devices refuse (s9pk-v1 section 6, rule 3). */
const ICON_LIMIT = 102_400;

/** The files that a 0.3 manifest implies (s9pk-v1 sections 3.3 and 5). Places are pointers, or files. */
export async function checkWrapper03(folder: string, root: DataNode, signal?: AbortSignal): Promise<Finding[]> {
  const asset = (key: string, fallback: string) => stringOf(nodeAt(root, `/assets/${key}`)) ?? fallback;
  const findings: Finding[] = [];
  const license = asset('license', 'LICENSE.md');
  const icon = asset('icon', 'icon.png');
  for (const [key, name] of [
    ['license', license],
    ['instructions', asset('instructions', 'INSTRUCTIONS.md')],
    ['icon', icon],
  ] as const) {
    const problem = await checkFile(resolve(folder, name), name, { path: `/assets/${key}` });
    if (problem) findings.push(problem);
  }
  const licenseFile = resolve(folder, license);
  if ((await stateOf(licenseFile)) === 'file')
    findings.push(...(await checkLicenseText(licenseFile, { path: '/assets/license' })));
  const iconFile = resolve(folder, icon);
  if ((await stateOf(iconFile)) === 'file')
    findings.push(...(await checkIcon(iconFile, ICON_LIMIT, 'icon-oversize', { path: '/assets/icon' })));
  signal?.throwIfAborted();

  const volumes = child(root, 'volumes');
  for (const id of keysOf(volumes)) {
    if (stringOf(child(child(volumes, id), 'type')) !== 'assets') continue;
    const shown = withSlashes(join(asset('assets', 'assets'), id));
    if ((await stateOf(resolve(folder, shown))) !== 'folder')
      findings.push(finding('input-missing', `the folder ${shown} is not there`, { path: pointer('/volumes', id) }));
  }

  const images = asset('docker-images', 'docker-images');
  const expected = {
    id: stringOf(child(root, 'id')),
    version: stringOf(child(root, 'version')),
    used: imagesUsed(root),
  };
  findings.push(...(await checkDockerImages(resolve(folder, images), images, expected)));
  // Every image of 0.3 is built from the folder itself.
  const dockerfile = join(folder, 'Dockerfile');
  if ((await stateOf(dockerfile)) === 'file') {
    findings.push(...(await checkContext(folder, '.', dockerfile, '/assets/docker-images')));
    findings.push(...(await checkDockerfile(dockerfile, folder)));
  }
  signal?.throwIfAborted();
  findings.push(...(await checkScripts(folder, asset('scripts', 'scripts'), root)));
  return findings;
}

async function checkScripts(folder: string, scripts: string, root: DataNode): Promise<Finding[]> {
  const using = proceduresOf(root).filter(isScript);
  const file = resolve(folder, scripts, 'embassy.js');
  const source = resolve(folder, scripts, 'embassy.ts');
  const built = await readText(file);
  const written = await readText(source);
  const [first] = using;
  if (first && built === undefined) {
    const where = { path: `${first.path}/type` };
    const shown = withSlashes(join(scripts, 'embassy.js'));
    if ((await stateOf(file)) === 'file')
      return [finding('input-unsuitable', `${shown} is there, but may not be read by this user`, where)];
    return written === undefined
      ? [finding('scripts-missing', `${shown} is not there, and this procedure is a script`, where)]
      : [finding('scripts-unbuilt', `${shown} is not there yet: packing bundles the scripts`, where)];
  }
  if (using.length === 0 && built !== undefined) {
    return [finding('scripts-unused', 'no procedure is a script, so this file is not packed', { file })];
  }
  const text = written ?? built;
  if (text === undefined) return [];
  return checkExports(root, text, withSlashes(join(scripts, written === undefined ? 'embassy.js' : 'embassy.ts')));
}
