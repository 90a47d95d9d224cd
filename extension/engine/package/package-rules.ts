import { type DirectoryEntry, type Entry, lookUp, walk } from '../archive/entry.ts';
import { compareNames, printablePath } from '../archive/names.ts';
import { type Finding, finding } from '../finding.ts';
import { ARCHIVE_ENTRIES } from '../upstream/table.ts';
import type { Manifest } from './manifest.ts';
import { isImageName, splitName } from './mime.ts';
import { servingArch } from './parse-images.ts';

/** Documented size limit of a package's icon, in bytes; no device enforces it. */
export const ICON_LIMIT = 40 * 1024;

/**
 * What a package must and may hold (s9pk-v2 section 4), as findings about an archive's tree. Without a manifest, what
 * depends on it is not checked.
 */
export function checkPackage(root: DirectoryEntry, manifest: Manifest | undefined): Finding[] {
  const rules = new PackageRules(root);
  for (const { name, need } of ARCHIVE_ENTRIES) if (need === 'optional') rules.keepIfThere(name);
  rules.require('manifest.json');
  rules.checkIcon();
  rules.require('LICENSE.md');
  rules.optional(['instructions.md'], 'instructions-missing', 'users will see no instructions; add instructions.md');
  rules.require('javascript.squashfs');
  rules.optional(['assets.squashfs'], 'assets-missing', 'there are no assets (fine if the service needs none)');
  if (lookUp(root, 'assets.squashfs')?.kind !== 'file') rules.keepBelow('assets');
  if (manifest) {
    for (const id of manifest.dependencies.keys()) rules.keepDependency(id);
    rules.checkImages(manifest);
    rules.reportUnexpected();
  }
  return rules.findings;
}

class PackageRules {
  readonly findings: Finding[] = [];
  private readonly kept = new Set<Entry>();
  private readonly root: DirectoryEntry;

  constructor(root: DirectoryEntry) {
    this.root = root;
  }

  private report(code: Finding['code'], message: string, path: string): void {
    this.findings.push(finding(code, message, { path }));
  }

  /** Keeps a file that must be there, and reports its absence once. */
  require(...segments: string[]): void {
    const entry = this.keep(segments);
    const path = segments.join('/');
    if (this.findings.some((found) => found.code === 'file-missing' && found.where.path === path)) return;
    if (entry?.kind === 'file') return;
    if (entry?.kind === 'missing') this.report('file-missing', `${path} was left out of this partial archive`, path);
    else if (entry) this.report('file-missing', `${path} must be a file, not a folder`, path);
    else this.report('file-missing', `${path} is missing; a package must have it`, path);
  }

  optional(segments: string[], code: 'instructions-missing' | 'assets-missing', message: string): void {
    if (this.keep(segments)?.kind !== 'file') this.report(code, message, segments.join('/'));
  }

  keepIfThere(...segments: string[]): void {
    this.keep(segments);
  }

  private keep(segments: string[]): Entry | undefined {
    const entry = lookUp(this.root, ...segments);
    if (entry) this.kept.add(entry);
    return entry;
  }

  keepBelow(...segments: string[]): void {
    const folder = lookUp(this.root, ...segments);
    if (folder?.kind === 'directory') for (const [, entry] of walk(folder)) this.kept.add(entry);
  }

  checkIcon(): void {
    const path = 'icon';
    const candidates = iconNames(this.root, isImageName);
    const files = candidates.filter((name) => this.root.children.get(name)?.kind === 'file');
    for (const name of candidates) this.keep([name]);
    const [only] = files;
    if (only === undefined) {
      const other = iconNames(this.root, () => true)[0];
      const message =
        candidates.length > 0
          ? `${candidates[0]} was left out of this partial archive`
          : other
            ? `${other} cannot be an icon: name it icon.png, icon.svg, icon.webp or icon.jpg, in lower case`
            : 'the icon is missing; a package must have one icon.png, icon.svg, icon.webp or icon.jpg';
      this.report('icon-missing', message, candidates[0] ?? other ?? path);
    } else if (files.length > 1) {
      this.report('icon-several', `there are several icons (${files.join(', ')}); keep one`, only);
    } else if (!this.deviceFindsIcon(only)) {
      const message = `devices will not find ${only}: a file whose name sorts between "icon" and "${only}" hides it`;
      this.report('icon-hidden', message, only);
    }
    const icon = only === undefined ? undefined : this.root.children.get(only);
    if (only !== undefined && icon?.kind === 'file' && icon.size > ICON_LIMIT) {
      this.report('icon-large', `${only} has ${icon.size} bytes; at most ${ICON_LIMIT} are recommended`, only);
    }
  }

  /** The reference walks names from `icon` on and stops at the first with another stem. */
  private deviceFindsIcon(name: string): boolean {
    const following = [...this.root.children.keys()]
      .filter((other) => compareNames(other, 'icon') >= 0)
      .sort(compareNames);
    const stop = following.findIndex((other) => splitName(other).stem !== 'icon');
    return (stop < 0 ? following : following.slice(0, stop)).includes(name);
  }

  keepDependency(id: string): void {
    const folder = lookUp(this.root, 'dependencies', id);
    if (folder?.kind !== 'directory') return;
    this.keep(['dependencies', id, 'metadata.json']);
    for (const name of iconNames(folder, isImageName)) this.keep(['dependencies', id, name]);
  }

  /**
   * Image triples (s9pk-v2 section 4.3). Stricter than the reference in one point: an architecture that the manifest
   * lists for an image needs an image of its own, even where emulation would hide that it is gone.
   */
  checkImages(manifest: Manifest): void {
    for (const [id, image] of manifest.images) {
      for (const arch of manifest.hardwareRequirements.arch ?? image.arch) {
        const isThere = (name: string) =>
          image.arch.includes(name) || lookUp(this.root, 'images', name, `${id}.squashfs`)?.kind === 'file';
        const used = servingArch(image, arch, isThere) ?? arch;
        for (const suffix of ['squashfs', 'json', 'env']) this.require('images', used, `${id}.${suffix}`);
      }
    }
  }

  reportUnexpected(): void {
    for (const [segments, entry] of walk(this.root)) {
      if (entry.kind === 'directory' || this.kept.has(entry)) continue;
      const path = printablePath(segments);
      this.report('file-unexpected', `${path} does not belong into a package; devices drop it when they install`, path);
    }
  }
}

/** Names in a directory whose stem is `icon` and that `accept` takes, sorted. */
export function iconNames(directory: DirectoryEntry, accept: (name: string) => boolean): string[] {
  return [...directory.children.keys()]
    .filter((name) => splitName(name).stem === 'icon' && accept(name))
    .sort(compareNames);
}
