import { compareNames } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { equalBytes, joinBytes } from '../bytes.ts';
import { FindingError } from '../finding.ts';
import { type ByteSource, readAll, readChunks } from '../io/byte-source.ts';
import { pointer } from '../json/json-pointer.ts';
import { isObject, type JsonValue, parseJson, printJson } from '../package/json.ts';
import type { PackageBrowser, PackageNode } from './package-browser.ts';
import type { PackageWalk } from './package-walk.ts';

/** One thing that differs between two packages. */
export interface Difference {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** What differs: `content`, `kind`, `mode`, `target`, `xattrs`. */
  readonly what: readonly string[];
  /** Bytes before and after. */
  readonly before?: number;
  readonly after?: number;
  /** Where each package itself has it, if it is a file or a link there: what is compared may be laid out in another way. */
  readonly paths: { readonly before?: string; readonly after?: string };
}

/** One value of the manifest that differs, by its JSON pointer. */
export interface ManifestDifference {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/**
 * What differs between two packages, down to the files in their images. Files of the package are compared by their signed
 * hashes, so that an image which is the same in both is not read at all; times inside images are not compared.
 * @param walks one for each package; what could not be compared is theirs to say
 */
export async function* comparePackages(
  before: PackageBrowser,
  after: PackageBrowser,
  walks: { readonly before: PackageWalk; readonly after: PackageWalk },
): AsyncGenerator<Difference> {
  yield* compareFolders(
    { browser: before, node: before.comparable(after.generation), walk: walks.before },
    { browser: after, node: after.comparable(before.generation), walk: walks.after },
  );
}

interface Side {
  readonly browser: PackageBrowser;
  readonly node: PackageNode;
  readonly walk: PackageWalk;
}

/** Both folders list by name, so that they are gone through side by side, whatever their size. */
async function* compareFolders(before: Side, after: Side): AsyncGenerator<Difference> {
  const [old, fresh] = [before, after].map(inOrder);
  if (!old || !fresh) return;
  let [a, b] = [await nextOf(old), await nextOf(fresh)];
  while (a || b) {
    const order = orderOf(a, b);
    if (a && b && order === 0) yield* compareNodes({ ...before, node: a }, { ...after, node: b });
    else if (a && order < 0) yield* only('removed', { ...before, node: a });
    else if (b) yield* only('added', { ...after, node: b });
    if (order <= 0) a = await nextOf(old);
    if (order >= 0) b = await nextOf(fresh);
  }
}

/** What is in a folder by the names that are compared; that of images is listed so, and may be long. */
async function* inOrder({ browser, node, walk }: Side): AsyncGenerator<PackageNode> {
  if (browser.imageOf(node.path) !== '') {
    yield* walk.folder(browser, node);
    return;
  }
  const children: PackageNode[] = [];
  for await (const child of walk.folder(browser, node)) children.push(child);
  yield* children.sort((a, b) => compareNames(nameOf(a), nameOf(b)));
}

async function nextOf(nodes: AsyncGenerator<PackageNode>): Promise<PackageNode | undefined> {
  const { done, value } = await nodes.next();
  return done ? undefined : value;
}

/** Which of two names comes first; one that is not there comes last. */
function orderOf(a: PackageNode | undefined, b: PackageNode | undefined): number {
  if (!a) return 1;
  return b ? compareNames(nameOf(a), nameOf(b)) : -1;
}

/** Packages of 0.3 and of 0.4 hold the same folders and images in different ways. */
function nameOf({ name, isImage }: PackageNode): string {
  return isImage ? name.replace(/\.squashfs$/, '') : name;
}

/** Whether there is something in it. */
function isFolder({ kind, isImage }: PackageNode): boolean {
  return kind === 'directory' || isImage;
}

/** Where a package has something that can be opened; undefined for folders, images, and what is made for comparing. */
function pathOf({ browser, node }: Side): string | undefined {
  if (node.isImage || (node.kind !== 'file' && node.kind !== 'symlink')) return undefined;
  return browser.pathInPackage(node);
}

/** Something that is on one side only, with everything in it; an image counts as one. */
async function* only(change: 'added' | 'removed', side: Side): AsyncGenerator<Difference> {
  const { browser, node, walk } = side;
  const size = node.kind === 'file' ? { [change === 'added' ? 'after' : 'before']: node.size } : {};
  const own = pathOf(side);
  const paths = own === undefined ? {} : { [change === 'added' ? 'after' : 'before']: own };
  yield { path: node.path, change, what: [], ...size, paths };
  if (node.kind !== 'directory') return;
  for await (const child of walk.folder(browser, node)) yield* only(change, { ...side, node: child });
}

async function* compareNodes(before: Side, after: Side): AsyncGenerator<Difference> {
  const [a, b] = [before.node, after.node];
  if (a.hash !== undefined && a.hash === b.hash && a.size === b.size) return;
  const what: string[] = [];
  const areFolders = isFolder(a) && isFolder(b);
  if (a.kind !== b.kind && !areFolders) what.push('kind');
  if (a.mode !== b.mode) what.push('mode');
  if (a.target !== b.target) what.push('target');
  if (!(await haveSameXattrs(before, after))) what.push('xattrs');
  const areFiles = a.kind === 'file' && b.kind === 'file';
  if (areFiles && (a.hash !== undefined || a.size !== b.size || !(await haveSameBytes(before, after))))
    what.push('content');
  if (what.length > 0) {
    const sizes = { ...(a.kind === 'file' && { before: a.size }), ...(b.kind === 'file' && { after: b.size }) };
    const [old, fresh] = [pathOf(before), pathOf(after)];
    const paths = { ...(old !== undefined && { before: old }), ...(fresh !== undefined && { after: fresh }) };
    yield { path: b.path, change: 'changed', what, ...sizes, paths };
  }
  if (areFolders) yield* compareFolders(before, after);
}

async function haveSameXattrs(before: Side, after: Side): Promise<boolean> {
  const [a, b] = await Promise.all([before, after].map(({ browser, node }) => browser.xattrs(node)));
  if (!a || !b || a.size !== b.size) return false;
  return [...a].every(([name, value]) => {
    const other = b.get(name);
    return other !== undefined && equalBytes(value, other);
  });
}

/** Contents that cannot be read are not the same, and are said. */
async function haveSameBytes(before: Side, after: Side): Promise<boolean> {
  try {
    return await compareBytes(before, after);
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    after.walk.found.add(...error.findings);
    return false;
  }
}

async function compareBytes(before: Side, after: Side): Promise<boolean> {
  const [a, b] = await Promise.all([before, after].map(({ browser, node }) => browser.content(node)));
  if (!a || !b) return false;
  const other = readChunks(b)[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of readChunks(a)) {
    after.walk.signal?.throwIfAborted();
    while (rest.length < chunk.length) {
      const next = await other.next();
      if (next.done) return false;
      rest = joinBytes([rest, next.value]);
    }
    if (!equalBytes(rest.subarray(0, chunk.length), chunk)) return false;
    rest = rest.subarray(chunk.length);
  }
  return rest.length === 0;
}

/**
 * What differs between two manifests by their meaning: values, not text. One of 0.3 is compared with one of 0.4 by what both can say,
 * under the keys of 0.4.
 */
export async function compareManifests(before: PackageBrowser, after: PackageBrowser): Promise<ManifestDifference[]> {
  const isMixed = before.generation !== after.generation;
  const read = async (browser: PackageBrowser) => {
    if (!isMixed) return readManifest(browser);
    const manifest = (await browser.manifestInNewTerms()) ?? (await readManifest(browser));
    return manifest && withoutNulls(manifest);
  };
  const [a, b] = await Promise.all([read(before), read(after)]);
  const differences: ManifestDifference[] = [];
  if (a !== undefined && b !== undefined) compareValues(a, b, '', differences);
  return differences;
}

/** What is null and what is absent say the same; only which of them is written differs. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  return new Map([...value].flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])));
}

async function readManifest(browser: PackageBrowser): Promise<JsonValue | undefined> {
  const node = await browser.lookUp('manifest.json');
  const content: ByteSource | undefined = node && (await browser.content(node));
  return content && parseJson(new TextDecoder().decode(await readAll(content, BUDGET.manifestBytes)), 'exact').value;
}

function compareValues(a: JsonValue, b: JsonValue, path: string, differences: ManifestDifference[]): void {
  if (isObject(a) && isObject(b)) {
    for (const key of new Set([...a.keys(), ...b.keys()])) {
      const [x, y] = [a.get(key), b.get(key)];
      const at = pointer(path, key);
      if (x !== undefined && y !== undefined) compareValues(x, y, at, differences);
      else if (x !== undefined) differences.push({ path: at, before: printJson(x) });
      else if (y !== undefined) differences.push({ path: at, after: printJson(y) });
    }
    return;
  }
  const [before, after] = [printJson(a), printJson(b)];
  if (before !== after) differences.push({ path, before, after });
}
