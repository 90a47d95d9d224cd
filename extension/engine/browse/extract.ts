import { chmod, mkdir, readdir, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join, posix, resolve } from 'node:path';
import { printableName, unsafeNameReason } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { encodeName, fsPath } from '../byte-names.ts';
import { type Finding, FindingError, finding } from '../finding.ts';
import { type ByteSource, readPieces } from '../io/byte-source.ts';
import { FileSink } from '../io/file-sink.ts';
import { ASK_EVERY, Room } from '../io/room.ts';
import { Staging } from '../io/staging.ts';
import { StageMeter, type Work } from '../progress.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { WorkBehind } from '../turns/work-behind.ts';
import type { PackageBrowser, PackageNode } from './package-browser.ts';
import { PackageWalk } from './package-walk.ts';

/** Files that are synced while others are read and written: disks take many in the time of one. */
const SYNCED_AT_ONCE = 16;

/** What systems answer to a name or a link that they do not take. */
const REFUSED_NAMES: Readonly<Record<string, string>> = {
  EEXIST: 'the disk takes its name for that of another',
  ENAMETOOLONG: 'its path is too long for the disk',
  EINVAL: 'the disk does not take its name',
  // As Windows says it of names that a file system cannot hold.
  ENOENT: 'the disk does not take its name',
  EILSEQ: 'the disk does not take its name',
  // Windows lets only some users make links.
  EPERM: 'links cannot be made here',
};

/** Names that Windows keeps for devices, whatever their extension; it reads the superscripts as digits, and spaces as nothing. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³]) *(?:\..*)?$/i;

/** Why something cannot be extracted to a folder that is there. */
export class OccupiedError extends Error {
  override readonly name = 'OccupiedError';
}

/**
 * Writes a file, a folder, or what is in an image into a folder that is not there yet, or is empty. Nothing is ever written
 * outside of it: names that lead elsewhere are reported and left out, links are made to lead nowhere else, and nothing is
 * written through a link. The folder takes its name when everything is in it.
 * @param intoImage what is in an image, instead of the image itself
 * @returns what was left out, and how many files were written
 * @throws OccupiedError; FindingError if what is extracted is damaged.
 */
export async function extract(
  browser: PackageBrowser,
  node: PackageNode,
  target: string,
  {
    intoImage = false,
    platform = process.platform,
    ...work
  }: Work & { intoImage?: boolean; platform?: NodeJS.Platform },
): Promise<{ findings: Finding[]; files: number }> {
  const folder = resolve(target);
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there && there.length > 0) throw new OccupiedError(`${target} is there already, and not empty`);
  await mkdir(dirname(folder), { recursive: true });
  await using staging = await Staging.beside(folder);
  const isFolder = node.kind === 'directory' || intoImage;
  const extractor = new Extractor(
    browser,
    staging.path('out'),
    isFolder ? insideImage(browser, node.path) : '/',
    platform,
    work,
  );
  await mkdir(staging.path('out'));
  try {
    if (isFolder) await extractor.folder(node, '');
    else await extractor.one(node, printableName(node.name));
  } finally {
    await extractor.syncing.end();
  }
  await browser.checkUnchanged();
  await staging.publish('out');
  return { findings: extractor.walk.found.all(), files: extractor.files };
}

class Extractor {
  readonly walk: PackageWalk;
  readonly syncing = new WorkBehind(SYNCED_AT_ONCE);
  files = 0;
  private readonly browser: PackageBrowser;
  private readonly out: string;
  private readonly top: string;
  private readonly platform: NodeJS.Platform;
  private readonly work: Work;

  /** @param top what is extracted, as a path inside its image */
  constructor(browser: PackageBrowser, out: string, top: string, platform: NodeJS.Platform, work: Work) {
    this.browser = browser;
    this.out = out;
    this.top = top;
    this.platform = platform;
    this.work = work;
    this.walk = new PackageWalk(work.signal);
  }

  /** @param at where the folder goes, from the target, with slashes */
  async folder(node: PackageNode, at: string): Promise<void> {
    for await (const child of this.walk.folder(this.browser, node)) {
      const problem = this.problemOf(child.name);
      if (problem !== undefined) {
        this.skip(child, `its name cannot be used: ${problem}`);
        continue;
      }
      const path = at === '' ? child.name : `${at}/${child.name}`;
      if (child.kind !== 'directory') await this.one(child, path);
      else if (await this.isPossible(child, mkdir(fsPath(join(this.out, path))))) await this.folder(child, path);
    }
  }

  /** What the disk does not take is left out alone: names that differ only in case there, or are too long for it. */
  private async isPossible(node: PackageNode, making: Promise<unknown>): Promise<boolean> {
    try {
      await making;
      return true;
    } catch (error) {
      const reason = REFUSED_NAMES[(error as NodeJS.ErrnoException).code ?? ''];
      if (reason === undefined) throw error;
      this.skip(node, reason);
      return false;
    }
  }

  async one(node: PackageNode, at: string): Promise<void> {
    if (node.kind === 'symlink') return this.link(node, at);
    if (node.kind !== 'file') {
      this.skip(node, node.kind === 'missing' ? 'it was left out of this partial package' : `it is a ${node.kind}`);
      return;
    }
    const path = join(this.out, at);
    try {
      const content = await this.browser.content(node);
      if (!content) return;
      const creating = FileSink.create(path);
      if (!(await this.isPossible(node, creating))) return;
      const sink = await creating;
      await this.fill(sink, node, content);
      await this.syncing.add(() => this.finish(sink, node, path));
    } catch (error) {
      // What is signed and cannot be read is not left half written, and is no reason to leave the others out.
      if (!(error instanceof FindingError) || error.findings.some(({ code }) => code !== 'image-unreadable'))
        throw error;
      await rm(fsPath(path), { force: true });
      this.walk.found.add(...error.findings);
      return;
    }
    this.files++;
  }

  private async fill(sink: FileSink, node: PackageNode, content: ByteSource): Promise<void> {
    try {
      await this.copy(sink, node, content);
    } catch (error) {
      await sink.close();
      throw error;
    }
  }

  private async copy(sink: FileSink, node: PackageNode, content: ByteSource): Promise<void> {
    const meter = new StageMeter(`Extracting ${node.path}`, content.size, this.work);
    // Holes leave less to be written than a file's size says; how much is found out piece by piece.
    const room = new Room(this.out, content.nextData ? Math.min(content.size, ASK_EVERY) : content.size);
    for await (const piece of readPieces(content)) {
      await takeTurns(this.work.signal);
      if ('hole' in piece) await sink.skip(piece.hole);
      else {
        await room.take(piece.length);
        await sink.write(piece);
      }
      meter.add('hole' in piece ? piece.hole : piece.length);
    }
  }

  private async finish(sink: FileSink, { mode, mtime }: PackageNode, path: string): Promise<void> {
    try {
      await sink.sync();
    } finally {
      await sink.close();
    }
    // Who may run it is kept; whose rights it runs with is not.
    if (mode !== undefined) await chmod(fsPath(path), (mode & 0o777) | 0o600);
    if (mtime !== undefined) await utimes(fsPath(path), mtime, mtime);
  }

  /** A link that leads to something that is extracted too, as a relative one; others are left out. */
  private async link(node: PackageNode, at: string): Promise<void> {
    const target = node.target ?? '';
    const folder = posix.dirname(insideImage(this.browser, node.path));
    // As the kernel does it in a container: the root of the image is where every path ends.
    const leadsTo = posix.normalize(target.startsWith('/') ? target : posix.join(folder, target));
    if (this.top !== '/' && leadsTo !== this.top && !leadsTo.startsWith(`${this.top}/`)) {
      this.skip(node, `it leads out, to ${printableName(target)}`);
      return;
    }
    const relative = posix.relative(folder, leadsTo) || '.';
    // Windows reads a backslash as a slash, and a colon as a drive.
    if (this.platform === 'win32' && (/[\\:]/.test(relative) || !relative.isWellFormed())) {
      this.skip(node, `it would lead elsewhere on Windows, to ${printableName(target)}`);
      return;
    }
    await this.isPossible(node, symlink(fsPath(relative), fsPath(join(this.out, at))));
  }

  private problemOf(name: string): string | undefined {
    const reason = unsafeNameReason(name);
    // Elsewhere a backslash is a character like any other; systemd's units have it.
    const isAllowed = this.platform !== 'win32' && unsafeNameReason(name.replaceAll('\\', '')) === undefined;
    if (isAllowed && name !== '\\')
      return encodeName(name).length > BUDGET.nameBytes ? 'it is longer than 255 bytes' : undefined;
    if (reason !== undefined || this.platform !== 'win32') return reason;
    if (!name.isWellFormed()) return 'it is no text';
    if (name.length > BUDGET.nameBytes) return 'it is longer than 255 characters';
    if (RESERVED.test(name)) return 'Windows keeps it for a device';
    return /[<>:"|?*]|[. ]$/.test(name) ? 'Windows does not allow it' : undefined;
  }

  private skip(node: PackageNode, reason: string): void {
    const path = node.path.split('/').map(printableName).join('/');
    this.walk.found.add(finding('extract-skipped', `${path} was left out: ${reason}`, { path }));
  }
}

/** A path inside an image, from the image's own root. */
function insideImage(browser: PackageBrowser, path: string): string {
  const inside = path.slice(browser.imageOf(path).length);
  return browser.imageOf(path) === '' || inside === '' ? '/' : inside;
}
