import type { PackageBrowser, PackageNode } from '../engine/browse/package-browser.ts';
import { PackageWalk } from '../engine/browse/package-walk.ts';
import { BUDGET } from '../engine/budget.ts';
import { readAll } from '../engine/io/byte-source.ts';
import type { Work } from '../engine/progress.ts';
import { type LookedInto, lookInto } from './open-package.ts';
import type { Packages } from './packages.ts';
import type { ListAnswer, ListRequest, LookRequest, ReadAnswer, StatAnswer } from './protocol.ts';

/** Packages that are kept open while somebody looks into them. */
const MAX_OPEN = 4;

/** By path and state: a package that was made anew is opened anew. */
const opened = new Map<string, Promise<LookedInto>>();

async function open(packages: Packages, file: string): Promise<PackageBrowser> {
  const key = `${file}\0${await packages.stampOf(file)}`;
  const known = opened.get(key) ?? lookInto(packages, file, true);
  // The last used stands last.
  opened.delete(key);
  opened.set(key, known);
  known.catch(() => opened.delete(key));
  for (const [oldest, old] of opened) {
    if (opened.size <= MAX_OPEN) break;
    opened.delete(oldest);
    old.then((looked) => looked[Symbol.asyncDispose]()).catch(() => undefined);
  }
  return (await known).browser;
}

/** Closes what was opened of a package, in whatever state. */
export function closePackage(file: string): void {
  for (const [key, old] of opened) {
    if (!key.startsWith(`${file}\0`)) continue;
    opened.delete(key);
    old.then((looked) => looked[Symbol.asyncDispose]()).catch(() => undefined);
  }
}

/** What is at a path. */
export async function statInPackage(packages: Packages, { file, path }: LookRequest): Promise<StatAnswer> {
  const node = await (await open(packages, file)).follow(path);
  return node ? { node } : {};
}

/** What is at a path, and a page of what is in that. */
export async function listInPackage(
  packages: Packages,
  { file, path, from = 0, count = BUDGET.pageOfNames }: ListRequest,
  { signal }: Work,
): Promise<ListAnswer> {
  const browser = await open(packages, file);
  const node = await browser.follow(path);
  const children: PackageNode[] = [];
  if (!node) return { children, isCut: false, findings: [] };
  const walk = new PackageWalk(signal);
  for await (const child of browser.list(node, walk, from)) {
    if (children.length >= count) return { node, children, isCut: true, findings: walk.found.all() };
    children.push(child);
  }
  return { node, children, isCut: false, findings: walk.found.all() };
}

/** The bytes of a file, after the package's file that they are in was checked. */
export async function readInPackage(packages: Packages, { file, path }: LookRequest): Promise<ReadAnswer> {
  const browser = await open(packages, file);
  const node = await browser.follow(path);
  const content = node && (await browser.content(node));
  if (!content) throw new Error(`${path} is not a file of the package`);
  if (content.size > BUDGET.editorBytes) throw new Error(`${path} is too large for an editor; extract it instead`);
  // A part of a package in memory would be sent with all of it.
  return { bytes: (await readAll(content, BUDGET.editorBytes)).slice() };
}
