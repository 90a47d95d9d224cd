import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { tarOf } from '../../support/tars.ts';
import { WRAPPER_03, writeWrapper } from '../../support/wrapper-03.ts';
import { makeLargeWrapper } from '../../vscode/workspace.ts';
import { runCommand } from './run-command.ts';

/** A command line that faults are tried on. What it makes goes into `out`. */
export interface TriedCommand {
  readonly name: string;
  readonly args: readonly string[];
  /** What is in `out` before: a path in it, and the file or folder of the place that is copied there. */
  readonly before: Readonly<Record<string, string>>;
  /** Whether it has kept images, and what is kept before: nothing, or what a run of itself leaves. */
  readonly cache?: 'empty' | 'full';
  /** It is much like another one: a part of its faults is tried, and all of them with `--all`. */
  readonly isSampled?: true;
}

/**
 * A folder with all that the commands need, as small as it can be: wrappers and packages of both generations, an image, keys; and
 * `out`, `tmp`, `home` and `cache`, which are as they were before each run.
 */
export class Place {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Makes all of it, with this process's own home, cache and temporary folder in it, and steps into it. */
  async make(): Promise<void> {
    await makeLargeWrapper(this.path('wrapper'), 0);
    await writeFile(this.path('wrapper', 'root.tar'), tarOf(ROOT));
    await mkdir(this.path('wrapper', 'assets'));
    await writeFile(this.path('wrapper', 'assets', 'README.md'), 'An asset.\n');
    await writeWrapper(this.path('older'), WRAPPER_03);
    // The key of what lies below, and the one that signs where there is no other.
    await createKey(this.folder);
    await createKey(this.path('identity'));
    await rename(this.path('identity', '.startos', 'build.key.pem'), this.path('identity', '.startos', 'id.key.pem'));
    for (const name of ['wrapper', 'older']) await rm(this.path(name, '.startos'), { recursive: true });
    await mkdir(this.path('inputs'));
    await writeFile(this.path('inputs', 'LICENSE'), 'Another licence.\n');
    await writeFile(this.path('inputs', 'root.tar.gz'), gzipSync(tarOf(ROOT)));
    process.env['TMPDIR'] = this.path('tmp');
    process.env['HOME'] = this.path('home');
    process.env['S9PK_CACHE'] = this.path('cache');
    process.env['SOURCE_DATE_EPOCH'] = '1700000000';
    process.chdir(this.folder);
    this.empty();
    await this.succeed(packed('packages/new.s9pk'));
    await this.succeed(packedOlder('packages/older.s9pk'));
    for (const name of ['new', 'older'])
      await this.succeed([
        'edit',
        `packages/${name}.s9pk`,
        '--set',
        '/license=Former',
        '-o',
        `packages/was-${name}.s9pk`,
      ]);
    await this.succeed(['image', 'squashfs', 'wrapper/assets', '-o', 'packages/was.squashfs']);
    await this.succeed(['image', 'squashfs', 'wrapper/root.tar', '-o', 'inputs/image.squashfs']);
  }

  /** Puts everything that a run changes back as it is before one of the command. */
  reset({ before, cache }: TriedCommand, isCacheKept = false): void {
    for (const name of ['out', 'tmp', 'home', ...(isCacheKept ? [] : ['cache'])]) {
      rmSync(this.path(name), { recursive: true, force: true });
      mkdirSync(this.path(name));
    }
    cpSync(this.path('identity'), this.path('home'), { recursive: true });
    for (const [name, from] of Object.entries(before))
      cpSync(this.path(from), this.path('out', name), { recursive: true });
    if (cache === 'full' && !isCacheKept) cpSync(this.path('kept'), this.path('cache'), { recursive: true });
  }

  /** Fills the cache that later resets give back, by a run of the command. */
  async fillCache({ args }: TriedCommand): Promise<void> {
    this.empty();
    await this.succeed(args);
    rmSync(this.path('kept'), { recursive: true, force: true });
    cpSync(this.path('cache'), this.path('kept'), { recursive: true, preserveTimestamps: true });
  }

  private empty(): void {
    this.reset({ name: '', args: [], before: {} });
  }

  private async succeed(args: readonly string[]): Promise<void> {
    const { code, shown } = await runCommand([...args, '--quiet']);
    if (code !== 0) throw new Error(`s9pk ${args.join(' ')}: ${shown}`);
  }
}

const ROOT = [
  { name: 'etc/' },
  { name: 'etc/hostname', content: 'tried\n' },
  { name: 'bin/' },
  { name: 'bin/sh', content: '#!sh\n'.repeat(1000), mode: 0o755 },
  { name: 'sh', linkTo: '/bin/sh' },
];

const packed = (output: string, image = 'wrapper/root.tar') => [
  ...['pack', 'wrapper', '--image', `main=${image}`, '--no-git', '--no-build', '-o', output],
];
const packedOlder = (output: string) => ['pack', 'older', '--no-git', '--no-build', '-o', output];

/** All that are tried, the same in every process. */
export const COMMANDS: readonly TriedCommand[] = [
  {
    name: 'pack',
    args: [...packed('out/made.s9pk', 'inputs/root.tar.gz'), '--no-cache'],
    before: { 'made.s9pk': 'packages/was-new.s9pk' },
  },
  {
    name: 'pack, with an empty cache',
    isSampled: true,
    args: packed('out/made.s9pk'),
    before: { 'made.s9pk': 'packages/was-new.s9pk' },
    cache: 'empty',
  },
  {
    name: 'pack of a squashfs',
    isSampled: true,
    args: packed('out/made.s9pk', 'inputs/image.squashfs'),
    before: { 'made.s9pk': 'packages/was-new.s9pk' },
    cache: 'empty',
  },
  { name: 'pack, with a full cache', isSampled: true, args: packed('out/made.s9pk'), before: {}, cache: 'full' },
  {
    name: 'pack 0.3',
    isSampled: true,
    args: packedOlder('out/made.s9pk'),
    before: { 'made.s9pk': 'packages/was-older.s9pk' },
  },
  { name: 'verify', args: ['verify', 'packages/new.s9pk'], before: {} },
  { name: 'verify 0.3', args: ['verify', 'packages/older.s9pk'], before: {} },
  { name: 'extract', args: ['extract', 'packages/new.s9pk', '-o', 'out/made'], before: {} },
  {
    name: 'extract of an image',
    isSampled: true,
    args: ['extract', 'packages/new.s9pk', 'images/x86_64/main.squashfs/', '-o', 'out/made'],
    before: {},
  },
  { name: 'extract 0.3', isSampled: true, args: ['extract', 'packages/older.s9pk', '-o', 'out/made'], before: {} },
  {
    name: 'edit',
    args: ['edit', 'out/made.s9pk', '--set', '/title=Edited', '--license', 'inputs/LICENSE'],
    before: { 'made.s9pk': 'packages/new.s9pk' },
  },
  {
    name: 'edit 0.3',
    isSampled: true,
    args: ['edit', 'out/made.s9pk', '--set', '/title=Edited', '--license', 'inputs/LICENSE'],
    before: { 'made.s9pk': 'packages/older.s9pk' },
  },
  {
    name: 'edit to another',
    isSampled: true,
    args: ['edit', 'packages/new.s9pk', '--set', '/title=Edited', '-o', 'out/made.s9pk'],
    before: { 'made.s9pk': 'packages/was-new.s9pk' },
  },
  {
    name: 'edit 0.3 to another',
    isSampled: true,
    args: ['edit', 'packages/older.s9pk', '--set', '/title=Edited', '-o', 'out/made.s9pk'],
    before: { 'made.s9pk': 'packages/was-older.s9pk' },
  },
  {
    name: 'image squashfs',
    args: ['image', 'squashfs', 'inputs/root.tar.gz', '-o', 'out/made.squashfs'],
    before: { 'made.squashfs': 'packages/was.squashfs' },
  },
  {
    name: 'convert',
    isSampled: true,
    args: ['convert', 'packages/older.s9pk', '-o', 'out/made.s9pk'],
    before: { 'made.s9pk': 'packages/was-new.s9pk' },
    cache: 'empty',
  },
  {
    name: 'convert to another order',
    args: ['convert', 'out/made.s9pk', '--order', 'name'],
    before: { 'made.s9pk': 'packages/new.s9pk' },
  },
];
