import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  cpSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { tarOf } from '../../support/tars.ts';
import { WRAPPER_03, writeWrapper } from '../../support/wrapper-03.ts';
import { makeLargeWrapper } from '../../vscode/workspace.ts';
import { addFigure } from '../figures.ts';
import { differences, snapshotOf } from './snapshot.ts';

/** A user that no file belongs to. */
const NOBODY = 65534;

/** Something that a user may not do, and what comes of it. */
interface Refusal {
  readonly what: string;
  /** What the user may not look into or write to, from the place: made so before, and so again afterwards. */
  readonly refused: string;
  readonly mode: number;
  /** Whose it is: `nobody`'s own, where the user could change that. */
  readonly isOwn?: boolean;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** 0 where it must make no difference; else what was refused is named. */
  readonly code: 0 | 1 | 2;
}

const PACK = ['pack', 'wrapper', '--image', 'main=root.tar', '--no-git', '--no-build', '-o', 'out/made.s9pk'];
const PACK_03 = ['pack', 'older', '--no-git', '--no-build', '-o', 'out/made.s9pk'];
const UNREADABLE = 0o000;
const UNWRITABLE = 0o555;

const REFUSALS: readonly Refusal[] = [
  { what: 'the folder of the package', refused: 'out', mode: UNWRITABLE, args: PACK, code: 2 },
  {
    what: 'the folder of what is extracted',
    refused: 'out',
    mode: UNWRITABLE,
    args: ['extract', 'good.s9pk', '-o', 'out/made'],
    code: 2,
  },
  {
    what: 'the folder of a package that is edited',
    refused: 'out',
    mode: UNWRITABLE,
    args: ['edit', 'out/made.s9pk', '--set', '/title=Other', '--key', 'wrapper/.startos/build.key.pem'],
    code: 2,
  },
  {
    what: 'the folder of an image',
    refused: 'out',
    mode: UNWRITABLE,
    args: ['image', 'squashfs', 'root.tar', '-o', 'out/made.squashfs'],
    code: 2,
  },
  { what: 'the key', refused: 'wrapper/.startos/build.key.pem', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the folder of the key', refused: 'wrapper/.startos', mode: UNREADABLE, isOwn: true, args: PACK, code: 2 },
  { what: 'the key of 0.3', refused: 'older/.startos/build.key.pem', mode: UNREADABLE, args: PACK_03, code: 2 },
  { what: 'the image', refused: 'root.tar', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the manifest', refused: 'wrapper/manifest.json', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the licence', refused: 'wrapper/LICENSE', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the icon', refused: 'wrapper/icon.svg', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'an asset', refused: 'wrapper/assets/README.md', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the assets', refused: 'wrapper/assets', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the bundle', refused: 'wrapper/javascript/index.js', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the folder of the bundle', refused: 'wrapper/javascript', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the wrapper', refused: 'wrapper', mode: UNREADABLE, args: PACK, code: 2 },
  { what: 'the manifest of 0.3', refused: 'older/manifest.yaml', mode: UNREADABLE, args: PACK_03, code: 2 },
  { what: 'an archive of 0.3', refused: 'older/docker-images/x86_64.tar', mode: UNREADABLE, args: PACK_03, code: 2 },
  { what: 'the archives of 0.3', refused: 'older/docker-images', mode: UNREADABLE, args: PACK_03, code: 2 },
  { what: 'the scripts of 0.3', refused: 'older/scripts/embassy.js', mode: UNREADABLE, args: PACK_03, code: 1 },
  { what: 'the package', refused: 'good.s9pk', mode: UNREADABLE, args: ['verify', 'good.s9pk'], code: 2 },
  { what: 'the cache, to write', refused: 'cache', mode: UNWRITABLE, args: PACK, code: 0 },
  { what: 'the cache, to read', refused: 'cache', mode: UNREADABLE, args: PACK, code: 0 },
  { what: 'the temporary folder', refused: 'tmp', mode: UNWRITABLE, args: PACK, code: 0 },
  { what: 'the home folder', refused: 'home', mode: UNREADABLE, args: PACK, code: 0 },
  { what: 'the folder of somebody else’s keys above', refused: '.startos', mode: UNREADABLE, args: PACK, code: 0 },
  { what: 'the home folder, to verify', refused: 'home', mode: UNREADABLE, args: ['verify', 'good.s9pk'], code: 0 },
];

/**
 * Runs the command line as a user who may not do something: it says what and where, harms nothing and leaves nothing; or gives
 * what it gives otherwise. The user takes root to become.
 * @param folder one that everybody may look into
 * @returns how many did harm
 */
export function noRights(folder: string): number {
  const place = new RefusingPlace(folder);
  let harms = 0;
  for (const refusal of REFUSALS) {
    const problem = place.problemOf(refusal);
    if (problem === undefined) continue;
    harms++;
    console.error(`no rights to ${refusal.what}: ${problem}`);
  }
  console.log(`no rights: ${REFUSALS.length} refusals, ${harms} with harm`);
  addFigure({ what: 'rights that are missing', tried: REFUSALS.length, harm: harms });
  return harms;
}

/** Makes the files that it is tried on, which belong to nobody. */
export async function makeRefusingPlace(folder: string): Promise<void> {
  await makeLargeWrapper(join(folder, 'wrapper'), 0);
  mkdirSync(join(folder, 'wrapper', 'assets'));
  writeFileSync(join(folder, 'wrapper', 'assets', 'README.md'), 'An asset.\n');
  await writeWrapper(join(folder, 'older'), WRAPPER_03);
  writeFileSync(join(folder, 'root.tar'), tarOf([{ name: 'etc/' }, { name: 'etc/hostname', content: 'tried\n' }]));
  // The program and Node itself may lie where others cannot read them.
  cpSync('dist', join(folder, 'dist'), { recursive: true, filter: (path) => !path.endsWith('.vsix') });
  for (const name of ['out', 'cache', 'tmp', 'home', '.startos']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, '.startos', 'build.key.pem'), 'somebody else’s');
  const all = [...snapshotOf(folder)].filter(([, what]) => !what.startsWith('link'));
  for (const [path] of all) chownSync(join(folder, path), NOBODY, NOBODY);
  copyFileSync(process.execPath, join(folder, 'node'), constants.COPYFILE_FICLONE);
  chownSync(join(folder, '.startos'), 0, 0);
  chownSync(join(folder, '.startos', 'build.key.pem'), 0, 0);
}

class RefusingPlace {
  private readonly folder: string;
  private readonly good = new Map<readonly string[], { stdout: string; made: ReturnType<typeof snapshotOf> }>();

  constructor(folder: string) {
    this.folder = folder;
    const made = this.run(PACK);
    if (made.error) throw made.error;
    if (made.status !== 0) throw new Error(`as another user: ${made.stderr}`);
    cpSync(join(folder, 'out', 'made.s9pk'), join(folder, 'good.s9pk'));
    chownSync(join(folder, 'good.s9pk'), NOBODY, NOBODY);
  }

  problemOf({ refused, mode, isOwn = false, args, code }: Refusal): string | undefined {
    const expected = code === 0 ? this.goodRun(args) : undefined;
    this.reset();
    const path = join(this.folder, refused);
    const { mode: former } = statSync(path);
    const before = snapshotOf(join(this.folder, 'out'));
    chmodSync(path, mode);
    // What is one's own is refused by its mode alone; what is not could not be looked at otherwise either.
    if (!isOwn && refused !== 'out') chownSync(path, 0, 0);
    const { status, stdout, stderr } = this.run(args);
    chmodSync(path, former);
    if (refused !== '.startos') chownSync(path, NOBODY, NOBODY);
    const shown = `${stdout}${stderr}`;
    if (/\n\s+at |undefined|\[object/.test(shown)) return `it shows what is inside: ${shown}`;
    if (status !== code) return `exit ${status} instead of ${code}: ${shown}`;
    const left = differences(before, snapshotOf(join(this.folder, 'out')));
    if (expected) {
      const made = differences(expected.made, snapshotOf(join(this.folder, 'out')));
      return made.length > 0 || stdout !== expected.stdout ? `it makes something else: ${made} ${shown}` : undefined;
    }
    if (left.length > 0) return `it changed ${left}`;
    if (!/\bEACCES\b|may not/.test(shown) || !shown.includes(refused.replace('older/', '')))
      return `it does not say what and where: ${shown}`;
    return undefined;
  }

  private goodRun(args: readonly string[]) {
    const known = this.good.get(args);
    if (known) return known;
    this.reset();
    const { stdout } = this.run(args);
    const good = { stdout, made: snapshotOf(join(this.folder, 'out')) };
    this.good.set(args, good);
    return good;
  }

  private reset(): void {
    for (const name of ['out', 'cache', 'tmp']) {
      rmSync(join(this.folder, name), { recursive: true });
      mkdirSync(join(this.folder, name));
      chownSync(join(this.folder, name), NOBODY, NOBODY);
    }
    cpSync(join(this.folder, 'good.s9pk'), join(this.folder, 'out', 'made.s9pk'));
    chownSync(join(this.folder, 'out', 'made.s9pk'), NOBODY, NOBODY);
  }

  private run(args: readonly string[]) {
    const path = (name: string) => join(this.folder, name);
    return spawnSync(path('node'), [path('dist/cli.cjs'), ...args, '--quiet'], {
      cwd: this.folder,
      encoding: 'utf8',
      uid: NOBODY,
      gid: NOBODY,
      env: {
        ...{ PATH: process.env['PATH'], HOME: path('home'), TMPDIR: path('tmp'), S9PK_CACHE: path('cache') },
        SOURCE_DATE_EPOCH: '1700000000',
      },
    });
  }
}
