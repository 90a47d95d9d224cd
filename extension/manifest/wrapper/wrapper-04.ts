import { stat } from 'node:fs/promises';
import { extname, join, relative, resolve } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { sourceNewerThan } from '../../engine/pack/build-bundle.ts';
import { DEPENDENCY_ICON_LIMIT, toLocation } from '../../engine/pack/dependency-location.ts';
import { findInputs } from '../../engine/pack/inputs.ts';
import { checkInstalled } from '../../engine/pack/npm-install.ts';
import { pointer } from '../../engine/package/json-pointer.ts';
import { isImageName } from '../../engine/package/mime.ts';
import { ICON_LIMIT } from '../../engine/package/package-rules.ts';
import { sdkDoes } from '../../engine/upstream/lookup.ts';
import { child, type DataNode, keysOf, nodeAt, stringOf } from '../data-tree.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { checkFile, checkIcon, checkLicenseText, stateOf } from './files.ts';
import { checkMakefile } from './makefile.ts';

/** The files that a 0.4 wrapper needs (s9pk-v2 sections 4.2 and 6.1) and that its manifest names. */
export async function checkWrapper04(folder: string, reading: ManifestReading): Promise<Finding[]> {
  const root = dataOf(reading);
  const findings: Finding[] = [];
  const found: Finding[] = [];
  const { icon, license } = await findInputs(folder, {}, found);
  // Packers before SDK 1.5 did not pack instructions.
  const packsInstructions = sdkDoes(reading.sdk?.version, 'instructions');
  findings.push(...found.filter(({ where }) => packsInstructions || where.file !== join(folder, 'instructions.md')));
  if (icon) findings.push(...(await checkIcon(icon.path, ICON_LIMIT, 'icon-large', { file: icon.path })));
  if (license) findings.push(...(await checkLicenseText(license, { file: license })));
  findings.push(...(await checkImages(folder, root)), ...(await checkDependencyIcons(folder, root)));
  const bundle = join(folder, 'javascript', 'index.js');
  if (!reading.usesSdk && (await stateOf(bundle)) !== 'file') {
    const message = 'there is no JavaScript bundle (javascript/index.js); devices start the service with it';
    findings.push(finding('bundle-missing', message, { path: '' }));
  }
  const newer = await sourceNewerThan(bundle, folder);
  if (newer !== undefined) {
    const message = `the bundle is older than ${relative(folder, newer)}; packing builds it anew`;
    findings.push(finding('bundle-outdated', message, { file: bundle }));
  }
  findings.push(...(await checkMakefile(folder, root)));
  if (reading.usesSdk) findings.push(...(await checkInstalled(folder)));
  return findings;
}

async function checkImages(folder: string, root: DataNode): Promise<Finding[]> {
  const findings: Finding[] = [];
  const images = child(root, 'images');
  for (const id of keysOf(images)) {
    const path = `${pointer('/images', id)}/source/dockerBuild`;
    const build = nodeAt(root, path);
    if (build?.kind !== 'object' || build.isOpen) continue;
    const [workdir, dockerfile] = [child(build, 'workdir'), child(build, 'dockerfile')];
    if (workdir?.kind === 'unknown' || dockerfile?.kind === 'unknown') continue;
    const context = stringOf(workdir) ?? '.';
    if ((await stateOf(resolve(folder, context))) !== 'folder') {
      findings.push(finding('input-missing', `the folder ${context} is not there`, { path: `${path}/workdir` }));
      continue;
    }
    const given = stringOf(dockerfile);
    const shown = given ?? join(context, 'Dockerfile');
    const problem = await checkFile(resolve(folder, shown), shown, {
      path: given === undefined ? path : `${path}/dockerfile`,
    });
    if (problem) findings.push(problem);
  }
  return findings;
}

async function checkDependencyIcons(folder: string, root: DataNode): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const id of keysOf(child(root, 'dependencies'))) {
    for (const key of ['metadata/icon', 's9pk']) {
      const path = `${pointer('/dependencies', id)}/${key}`;
      const text = stringOf(nodeAt(root, path));
      if (text === undefined) continue;
      const problem = await problemOfLocation(folder, text, key === 's9pk');
      const code = key === 's9pk' ? 'dependency-s9pk' : 'dependency-icon';
      if (problem !== undefined) findings.push(finding(code, problem, { path }));
    }
  }
  return findings;
}

/** Why a path or URL of the manifest cannot be what it should; undefined if it can (s9pk-v2 section 6.6). */
async function problemOfLocation(folder: string, text: string, isPackage: boolean): Promise<string | undefined> {
  const location = toLocation(text, folder);
  if ('url' in location) {
    const scheme = location.url.protocol;
    if (scheme === 'http:' || scheme === 'https:') return undefined;
    if (scheme !== 'data:' || isPackage) return `${scheme} addresses cannot be read; use a path or https:`;
    return /^data:[^,]*;base64,/.test(text)
      ? undefined
      : 'a data: address must hold base64 (data:image/png;base64,...)';
  }
  const { path } = location;
  const problem = await checkFile(path, text || '""', {});
  if (problem || isPackage) return problem?.message;
  if (!isImageName(`icon.${extname(path).slice(1).toLowerCase()}`))
    return `${text} is of no type that devices show; use png, svg, webp or jpg`;
  const { size } = await stat(path);
  return size > DEPENDENCY_ICON_LIMIT
    ? `${text} has ${size} bytes; at most ${DEPENDENCY_ICON_LIMIT} are allowed`
    : undefined;
}
