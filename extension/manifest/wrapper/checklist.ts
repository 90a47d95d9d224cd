import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, FindingError } from '../../engine/finding.ts';
import { isFile } from '../../engine/io/path-kind.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { gitHash } from '../../engine/pack/git-hash.ts';
import type { Work } from '../../engine/progress.ts';
import { findKey } from '../../engine/sign/key-store.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import { describeProfile, readStartosConfig } from '../../engine/upstream/startos-config.ts';
import { dataOf, readManifest } from '../lint-manifest.ts';
import { Modules } from '../meaning/modules.ts';
import { checkSteps03 } from './checklist-03.ts';
import { lintWrapper } from './lint-wrapper.ts';
import { STEPS, type Step, type StepName } from './step.ts';

export interface ChecklistOptions extends Work {
  readonly folder: string;
  /** Whether git may be run there: in trusted folders only. */
  readonly mayRun: boolean;
}

/** Looks at a wrapper and says which steps are done. Nothing of the wrapper is run. */
export async function checkSteps({ folder, mayRun, signal }: ChecklistOptions): Promise<Step[]> {
  const { findings, manifestFile, generation } = await lintWrapper(folder, { signal });
  const steps = new Map<StepName, Step>();
  for (const name of STEPS) {
    const own = findings.filter((found) => stepOf(found) === name);
    const worst =
      own.find(({ severity }) => severity === 'error') ??
      own.find(({ severity, code }) => severity === 'warning' || UNBUILT.includes(code));
    const file = worst?.where.file ?? manifestFile;
    steps.set(name, {
      name,
      state: worst ? (worst.severity === 'error' ? 'todo' : 'attention') : 'done',
      ...(worst && { detail: own.length > 1 ? `${worst.message} (+${own.length - 1})` : worst.message }),
      ...(worst && file !== undefined && { file }),
      ...(worst?.where.line !== undefined && { line: worst.where.line }),
    });
  }
  if (manifestFile === undefined) steps.set('manifest', { name: 'manifest', state: 'todo' });
  const isBundled = generation !== '0.3' && steps.get('bundle')?.state === 'done';
  if (isBundled && !(await isFile(join(folder, 'javascript', 'index.js')))) {
    steps.set('bundle', { name: 'bundle', state: 'attention' });
  }
  return [
    ...steps.values(),
    ...(generation === '0.3' && manifestFile !== undefined ? await olderSteps(folder, manifestFile) : []),
    await keyStep(folder),
    ...(mayRun ? [await gitStep(folder, signal)] : []),
    ...(await workspaceStep(folder)),
  ];
}

/** What only wrappers for StartOS 0.3 have. */
async function olderSteps(folder: string, manifestFile: string): Promise<Step[]> {
  const modules = await Modules.load(manifestFile, readText);
  const reading = modules && readManifest(modules);
  return reading ? checkSteps03(folder, dataOf(reading)) : [];
}

/** What packing makes itself, and is not there yet. */
const UNBUILT: readonly string[] = ['images-unbuilt', 'scripts-unbuilt'];

/** Where the files of 0.3 are named, in the manifest's assets. */
const NAMED: Readonly<Record<string, StepName>> = {
  '/assets/icon': 'icon',
  '/assets/license': 'license',
  '/assets/instructions': 'instructions',
  '/assets/docker-images': 'images',
  '/assets/scripts': 'bundle',
};

/** The step that a finding belongs to. */
function stepOf({ code, where }: Finding): StepName {
  const { file = '', path = '' } = where;
  const named = NAMED[path];
  if (named) return named;
  if (/^(?:bundle|scripts?)-/.test(code)) return 'bundle';
  if (/^\/images(?:\/|$)/.test(path) || /^(?:image|images|dockerfile)-/.test(code)) return 'images';
  if (/^icon-/.test(code) || /(?:^|[\\/])icon\.[a-z]+$/i.test(file)) return 'icon';
  if (/^license-/.test(code) || /licen[cs]e[^\\/]*$/i.test(file)) return 'license';
  if (/instructions\.md$/i.test(file)) return 'instructions';
  return 'manifest';
}

async function keyStep(folder: string): Promise<Step> {
  try {
    const found = await findKey(folder);
    if (!found) return { name: 'key', state: 'todo' };
    const more = [found.path, ...found.notes].join('\n');
    return { name: 'key', state: 'done', detail: fingerprint(found.key.publicKey), more, file: found.path };
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return { name: 'key', state: 'todo', detail: error.message };
  }
}

/** The hosts and registries that start-cli knows by name here; nothing where it has no configuration. */
async function workspaceStep(folder: string): Promise<Step[]> {
  const config = await readStartosConfig(folder);
  const [file] = config.files;
  if (file === undefined) return [];
  const lists = [
    ['host', config.hosts],
    ['registry', config.registries],
  ] as const;
  const lines = lists.flatMap(([what, profiles]) => profiles.map((profile) => describeProfile(what, profile)));
  const wrong = config.problems.map((problem) => `${problem.file}: ${problem.message}`);
  const chosen = lists.flatMap(([what, profiles]) => {
    const url = profiles.find(({ name }) => name === 'default')?.url;
    return url === undefined ? [] : [`${what} ${url}`];
  });
  const detail = wrong[0] ?? (chosen.join(', ') || `${lines.length} profiles`);
  const more = [...wrong, ...lines, ...config.files].join('\n');
  return [{ name: 'workspace', state: wrong.length > 0 ? 'attention' : 'done', detail, more, file }];
}

async function gitStep(folder: string, signal: AbortSignal | undefined): Promise<Step> {
  if (!(await stat(folder).catch(() => undefined))) return { name: 'git', state: 'attention' };
  const { hash, findings } = await gitHash(folder, signal);
  const [found] = findings;
  return found
    ? { name: 'git', state: 'attention', detail: found.message }
    : { name: 'git', state: 'done', ...(hash !== null && { detail: hash.slice(0, 12) }) };
}
