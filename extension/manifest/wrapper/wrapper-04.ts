import { stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { pathInside } from '../../engine/io/path-inside.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import { sourceNewerThan } from '../../engine/pack/bundle/build-bundle.ts';
import { checkInstalled } from '../../engine/pack/bundle/npm-install.ts';
import { DEPENDENCY_ICON_LIMIT, toLocation } from '../../engine/pack/dependencies/dependency-location.ts';
import { findInputs, type InputPaths } from '../../engine/pack/inputs.ts';
import { isImageName } from '../../engine/package/mime.ts';
import { ICON_LIMIT } from '../../engine/package/package-rules.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { child, type DataNode, keysOf, nodeAt, stringOf } from '../meaning/data-tree.ts';
import type { ReadText } from '../meaning/modules.ts';
import { checkCode } from './code-ids.ts';
import { checkContext } from './docker/build-context.ts';
import { checkDockerfile } from './docker/dockerfile.ts';
import { checkFile, checkIcon, checkLicenseText, stateOf } from './files.ts';
import { checkMakefile } from './makefile.ts';
import { checkMarks } from './migrate-marks.ts';

/** The files that a 0.4 wrapper needs (s9pk-v2 sections 4.2 and 6.1) and that its manifest names. */
export async function checkWrapper04(
  folder: string,
  reading: ManifestReading,
  read: ReadText = readText,
  inputs: InputPaths = {},
): Promise<Finding[]> {
  const root = dataOf(reading);
  const findings: Finding[] = [];
  const found: Finding[] = [];
  const made = await madeElsewhere(folder);
  const { icon, license } = await findInputs(folder, { ...made.inputs, ...inputs }, found);
  // What the Makefile makes, or git does not keep, need not be there yet.
  for (const problem of found) {
    const name = basename(problem.where.file ?? '');
    const isMade = problem.code === 'input-missing' && made.names.has(name);
    findings.push(
      isMade ? finding('file-made', `${name} is not there yet: it is made before packing`, problem.where) : problem,
    );
  }
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
    const message = `the bundle is older than ${pathInside(folder, newer)}; packing builds it anew`;
    findings.push(finding('bundle-outdated', message, { file: bundle }));
  }
  findings.push(...(await checkMakefile(folder, root)));
  if (reading.usesSdk) {
    findings.push(...(await checkInstalled(folder)), ...(await checkCode(folder, reading, read)));
    findings.push(...(await checkMarks(folder, read)));
  }
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
    else findings.push(...(await checkDockerfile(resolve(folder, shown), resolve(folder, context))));
    findings.push(...(await checkContext(folder, context, resolve(folder, shown), path)));
  }
  return findings;
}

/** Files that are made from others, by what Makefile and .gitignore say, and inputs that the Makefile names itself. */
async function madeElsewhere(folder: string): Promise<{ names: ReadonlySet<string>; inputs: InputPaths }> {
  const makefile = (await readText(join(folder, 'Makefile'))) ?? '';
  const ignored = ((await readText(join(folder, '.gitignore'))) ?? '')
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^\//, ''));
  const targets = [...makefile.matchAll(/^([\w./-]+(?:[ \t]+[\w./-]+)*)[ \t]*:(?!=)/gm)].flatMap(([, names = '']) =>
    names.split(/\s+/),
  );
  const option = (name: string) => new RegExp(`--${name}[= ]([\\w./-]+)`).exec(makefile)?.[1];
  const [icon, license, instructions] = [option('icon'), option('license'), option('instructions')];
  return {
    names: new Set([...ignored, ...targets].map((path) => basename(path))),
    inputs: { ...(icon && { icon }), ...(license && { license }), ...(instructions && { instructions }) },
  };
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
      const branch = branchOf(text);
      if (branch !== undefined) {
        const message = `what this address gives changes with the branch ${branch}: the same commit, packed again, may have another icon; name a tag or a commit`;
        findings.push(finding('dependency-icon-moving', message, { path }));
      }
    }
  }
  return findings;
}

const AT_BRANCH =
  /^https:\/\/(?:raw\.githubusercontent\.com\/[^/]+\/[^/]+|github\.com\/[^/]+\/[^/]+\/(?:raw|blob))\/(?:refs\/heads\/([^/]+)|(master|main|HEAD|develop|next))\//;

/** The branch that an address at GitHub names; undefined if it may as well be a tag or a commit. */
function branchOf(text: string): string | undefined {
  const match = AT_BRANCH.exec(text);
  return match?.[1] ?? match?.[2];
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
  // A path in a module looks as if it began there.
  if (problem || isPackage) return problem && `${problem.message}; such paths begin at the wrapper's folder`;
  if (!isImageName(`icon.${extname(path).slice(1).toLowerCase()}`))
    return `${text} is of no type that devices show; use png, svg, webp or jpg`;
  const { size } = await stat(path);
  return size > DEPENDENCY_ICON_LIMIT
    ? `${text} has ${size} bytes; at most ${DEPENDENCY_ICON_LIMIT} are allowed`
    : undefined;
}
