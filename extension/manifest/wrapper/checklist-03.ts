import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { readText } from '../../engine/io/whole-file.ts';
import { child, type DataNode, keysOf, stringOf } from '../meaning/data-tree.ts';
import { isScript, proceduresOf } from '../rules-03/procedures.ts';
import { stateOf } from './files.ts';
import type { Step } from './step.ts';

/** Folders of a wrapper for 0.3 in which its shell scripts lie, the guide's first. */
const PLACES = ['.', 'scripts', 'assets/compat', 'assets/utils'];

/** What the guide for 0.3 has people write besides the manifest, in its order. Nothing is run. */
export async function checkSteps03(folder: string, root: DataNode): Promise<Step[]> {
  return [...(await prepareStep(folder)), ...(await programsStep(folder, root)), migrationsStep(root)];
}

/** `prepare.sh` sets a build machine up; wrappers that have one expect it to be run. */
async function prepareStep(folder: string): Promise<Step[]> {
  const file = join(folder, 'prepare.sh');
  if ((await stateOf(file)) !== 'file') return [];
  if (await mayBeRun(file)) return [{ name: 'prepare', state: 'done', file }];
  return [{ name: 'prepare', state: 'attention', detail: notExecutable('prepare.sh'), file }];
}

/** The entrypoint and the check scripts that procedures name: they are there, can be run, and the Dockerfile takes them in. */
async function programsStep(folder: string, root: DataNode): Promise<Step[]> {
  const names = new Set<string>();
  for (const procedure of proceduresOf(root)) {
    const entrypoint = stringOf(child(procedure.node, 'entrypoint'));
    const system = child(procedure.node, 'system');
    const isOfSystem = system?.kind === 'value' && system.value === true;
    if (entrypoint?.endsWith('.sh') && !isScript(procedure) && !isOfSystem) names.add(posix.basename(entrypoint));
  }
  if (names.size === 0) return [];
  const dockerfile = join(folder, 'Dockerfile');
  const build = await readText(dockerfile);
  for (const name of names) {
    const file = await findScript(folder, name);
    if (!file) {
      const detail = `${name} is named in the manifest, and is in no folder where such scripts lie`;
      return [{ name: 'programs', state: 'attention', detail }];
    }
    if (build === undefined) continue;
    if (!build.includes(name) && !/^\s*(?:COPY|ADD)\s.*(?:\*|\s\.\/?\s)/im.test(build))
      return [
        { name: 'programs', state: 'attention', detail: `the Dockerfile does not take ${name} in`, file: dockerfile },
      ];
    if (!(await mayBeRun(file)) && !/chmod/.test(build))
      return [{ name: 'programs', state: 'attention', detail: notExecutable(name), file }];
  }
  return [{ name: 'programs', state: 'done', detail: [...names].join(', ') }];
}

/** What changes data between versions; without it devices take an update as it is. */
function migrationsStep(root: DataNode): Step {
  const migrations = child(root, 'migrations');
  const count = ['from', 'to'].reduce((sum, key) => sum + keysOf(child(migrations, key)).length, 0);
  return count > 0
    ? { name: 'migrations', state: 'done', detail: `${count}` }
    : {
        name: 'migrations',
        state: 'attention',
        detail: 'the manifest has none, so nothing changes data when it is updated',
      };
}

async function findScript(folder: string, name: string): Promise<string | undefined> {
  for (const place of PLACES) {
    const names: string[] = await readdir(join(folder, place)).catch(() => []);
    if (names.includes(name)) return join(folder, place, name);
  }
  return undefined;
}

async function mayBeRun(file: string): Promise<boolean> {
  // Windows has no such permission; images are built from what git has.
  if (process.platform === 'win32') return true;
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function notExecutable(name: string): string {
  return `${name} may not be executed; run: chmod +x ${name}`;
}
