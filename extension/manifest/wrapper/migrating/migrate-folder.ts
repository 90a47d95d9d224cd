import { createReadStream } from 'node:fs';
import { cp, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { Staging } from '../../../engine/io/staging.ts';
import { positionOf } from '../../../engine/line-table.ts';
import type { MigrationFacts } from '../../migrate/draft.ts';
import type { MarkCode } from '../../migrate/marks.ts';
import { type Migration, migrate } from '../../migrate/migrate.ts';
import { PATTERN_FILES } from '../../migrate/project.ts';
import { oldFolderOf } from './find-old-wrapper.ts';
import { MigrationError } from './migration-error.ts';
import { readMigrationFacts } from './migration-facts.ts';
import { makeKey, type PlannedKey, planKey } from './signing-key.ts';

export interface MigrateOptions {
  /** The folder of the wrapper for 0.3, or its manifest. */
  readonly folder: string;
  /** Where the new one goes; by default beside the old manifest, into the same folder. */
  readonly into?: string | undefined;
  /** Folder of the templates, which are shipped beside the code. */
  readonly templates: string;
  /** Files that are there and differ are replaced. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A file of the new wrapper, and what it means for the folder. */
export interface PlannedFile {
  /** From the wrapper's folder. */
  readonly path: string;
  /** `extended`: lines are added to a list of patterns; `differs`: another file has that name. */
  readonly state: 'new' | 'same' | 'extended' | 'differs';
  /** The file of the old wrapper that it is a copy of. */
  readonly from?: string;
}

/** What a migration makes. */
export interface MigrationPlan extends PlannedKey {
  readonly folder: string;
  readonly target: string;
  readonly id: string;
  readonly title: string;
  readonly version: { readonly old: string; readonly now: string };
  readonly files: readonly PlannedFile[];
  /** Files of the old wrapper that do not go along, because the new one has others of these names. */
  readonly behind: readonly string[];
  readonly decisions: readonly {
    readonly code: MarkCode;
    readonly message: string;
    readonly file: string;
    readonly line: number;
  }[];
}

export interface Migrated {
  readonly plan: MigrationPlan;
  /** Where the key is that packages of this folder will be signed with. */
  readonly key: string;
  readonly isNewKey: boolean;
}

/**
 * Says what a migration would make; nothing is written.
 * @throws MigrationError if there is no manifest for 0.3; failing I/O
 */
export async function planMigration(options: MigrateOptions): Promise<MigrationPlan> {
  return (await prepare(options)).plan;
}

/**
 * Makes a wrapper for 0.4 of one for 0.3, beside or over it, and a signing key if neither has one from its folder up. Nothing is
 * deleted; everything is made in a staging folder first, and a failure leaves what was there.
 * @throws MigrationError if there is no manifest for 0.3, or files that differ are in the way; failing I/O
 */
export async function migrateFolder(options: MigrateOptions): Promise<Migrated> {
  const { plan, migration } = await prepare(options);
  const inTheWay = plan.files.filter(({ state }) => state === 'differs').map(({ path }) => path);
  if (inTheWay.length > 0 && !options.overwrite) {
    const shown = inTheWay.slice(0, 8).join(', ');
    const more = inTheWay.length > 8 ? ` and ${inTheWay.length - 8} more` : '';
    throw new MigrationError(`${plan.target} has other files of these names: ${shown}${more}`, true);
  }
  await write(plan, migration, options.signal);
  await makeKey(plan, plan.target);
  return { plan, key: plan.key, isNewKey: plan.keyState === 'new' };
}

async function prepare(options: MigrateOptions): Promise<{ plan: MigrationPlan; migration: Migration }> {
  const folder = await oldFolderOf(options.folder);
  const target = resolve(options.into ?? folder);
  const facts = await readMigrationFacts(folder, options.templates, options.signal);
  const migration = migrate(facts);
  const files: PlannedFile[] = [];
  for (const [path, text] of migration.files)
    files.push({ path, state: await stateOfText(join(target, path), text, path) });
  const copies = new Map(migration.copies.map(({ from, to }) => [to, from]));
  const along = target === folder ? [] : carried(facts, target, folder);
  for (const path of along) if (!copies.has(path)) copies.set(path, path);
  const behind = along.filter((path) => migration.files.has(path) && !PATTERN_FILES.includes(path));
  for (const [path, from] of copies) {
    if (migration.files.has(path)) continue;
    options.signal?.throwIfAborted();
    files.push({ path, state: await stateOfCopy(join(target, path), join(folder, from), options.signal), from });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const decisions = migration.marks.map(({ code, message, file, start }) => ({
    ...{ code, message, file },
    line: positionOf(migration.files.get(file) ?? '', start).line,
  }));
  const { id, title, version } = migration;
  const key = await planKey(folder, target);
  return { plan: { folder, target, id, title, version, files, behind, decisions, ...key }, migration };
}

/** What goes along into another folder: all that images and packages are made of, but no images and no manifest for 0.3. */
function carried({ files, manifestName }: MigrationFacts, target: string, folder: string): string[] {
  const inside = target.startsWith(`${folder}/`) ? `${posix.relative(folder, target)}/` : undefined;
  return files.filter(
    (path) =>
      path !== manifestName &&
      !/^(?:docker-images\/|image\.tar$|Makefile$)/.test(path) &&
      (inside === undefined || !path.startsWith(inside)),
  );
}

async function stateOfText(file: string, text: string, path: string): Promise<PlannedFile['state']> {
  const there = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    // A file stands where a folder should be, or the other way round.
    if (error.code === 'ENOTDIR' || error.code === 'EISDIR') return false;
    throw error;
  });
  if (there === undefined) return 'new';
  if (there === false) return 'differs';
  if (there === text) return 'same';
  return PATTERN_FILES.includes(path) && text.startsWith(there) ? 'extended' : 'differs';
}

async function stateOfCopy(file: string, from: string, signal?: AbortSignal): Promise<PlannedFile['state']> {
  const [there, source] = [await lstat(file).catch(() => undefined), await lstat(from)];
  if (!there) return 'new';
  if (there.isSymbolicLink() && source.isSymbolicLink())
    return (await readlink(file)) === (await readlink(from)) ? 'same' : 'differs';
  const areFiles = there.isFile() && source.isFile() && there.size === source.size;
  return areFiles && (await isEqual(file, from, signal)) ? 'same' : 'differs';
}

/** Whether two files of one size hold the same bytes. */
async function isEqual(a: string, b: string, signal?: AbortSignal): Promise<boolean> {
  const options = { highWaterMark: 1 << 16, ...(signal && { signal }) };
  await using other = createReadStream(b, options);
  const chunks = other[Symbol.asyncIterator]();
  for await (const chunk of createReadStream(a, options) as AsyncIterable<Buffer>) {
    const { value } = (await chunks.next()) as IteratorResult<Buffer>;
    if (!value || Buffer.compare(chunk, value) !== 0) return false;
  }
  return true;
}

async function write(plan: MigrationPlan, migration: Migration, signal?: AbortSignal): Promise<void> {
  const wanted = plan.files.filter(({ state }) => state !== 'same');
  if (wanted.length === 0) return;
  const isFresh = await isMissingOrEmpty(plan.target);
  await mkdir(dirname(plan.target), { recursive: true });
  await using staging = await Staging.beside(isFresh ? plan.target : join(plan.target, 'startos'));
  const made = staging.path('wrapper');
  for (const { path, from } of wanted) {
    signal?.throwIfAborted();
    await mkdir(dirname(join(made, path)), { recursive: true });
    const text = migration.files.get(path);
    if (from === undefined) await writeFile(join(made, path), text ?? '', { flush: true });
    else {
      await cp(join(plan.folder, from), join(made, path), { verbatimSymlinks: true });
      await syncFile(join(made, path));
    }
  }
  signal?.throwIfAborted();
  if (isFresh) await staging.publish('wrapper');
  else await moveIn(made, plan.target, staging.path('before'), wanted);
}

/** Makes a copy durable. Windows syncs only what was opened for writing, which a copy need not allow. */
async function syncFile(file: string): Promise<void> {
  if (process.platform === 'win32' || !(await lstat(file)).isFile()) return;
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Gives files their names one after the other; if one cannot have it, those before it are taken back. */
async function moveIn(made: string, target: string, before: string, wanted: readonly PlannedFile[]): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  try {
    for (const { path, state } of wanted) {
      const file = join(target, path);
      await mkdir(dirname(file), { recursive: true });
      if (state !== 'new') {
        const kept = join(before, path);
        await mkdir(dirname(kept), { recursive: true });
        await rename(file, kept);
        undo.push(() => rename(kept, file));
      }
      await rename(join(made, path), file);
      undo.push(() => rm(file));
    }
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
}

async function isMissingOrEmpty(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.length === 0;
}
