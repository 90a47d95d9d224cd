import { join, relative, resolve } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { sourceNewerThan } from '../../engine/pack/build-bundle.ts';
import { findInputs } from '../../engine/pack/inputs.ts';
import { pointer } from '../../engine/package/json.ts';
import { ICON_LIMIT } from '../../engine/package/package-rules.ts';
import { child, type DataNode, keysOf, nodeAt, stringOf } from '../data-tree.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { checkFile, checkIcon, checkLicenseText, stateOf } from './files.ts';
import { checkMakefile } from './makefile.ts';

/** The files that a 0.4 wrapper needs (s9pk-v2 sections 4.2 and 6.1) and that its manifest names. */
export async function checkWrapper04(folder: string, reading: ManifestReading): Promise<Finding[]> {
  const root = dataOf(reading);
  const findings: Finding[] = [];
  const { icon, license } = await findInputs(folder, {}, findings);
  if (icon) findings.push(...(await checkIcon(icon.path, ICON_LIMIT, 'icon-large', { file: icon.path })));
  if (license) findings.push(...(await checkLicenseText(license, { file: license })));
  findings.push(...(await checkImages(folder, root)), ...(await checkDependencyIcons(folder, root)));
  if (!reading.usesSdk && (await stateOf(join(folder, 'javascript', 'index.js'))) !== 'file') {
    const message = 'there is no JavaScript bundle (javascript/index.js); devices start the service with it';
    findings.push(finding('bundle-missing', message, { path: '' }));
  }
  const bundle = join(folder, 'javascript', 'index.js');
  const newer = await sourceNewerThan(bundle, folder);
  if (newer !== undefined) {
    const message = `the bundle is older than ${relative(folder, newer)}; packing builds it anew`;
    findings.push(finding('bundle-outdated', message, { file: bundle }));
  }
  findings.push(...(await checkMakefile(folder, root)));
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
      if (text === undefined || URL.canParse(text)) continue;
      const problem = await checkFile(resolve(folder, text), text || '""', { path });
      const code = key === 's9pk' ? 'dependency-s9pk' : 'dependency-icon';
      if (problem) findings.push(finding(code, problem.message, { path }));
    }
  }
  return findings;
}
