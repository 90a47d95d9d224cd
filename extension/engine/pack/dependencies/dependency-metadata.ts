import { basename } from 'node:path';
import { fileEntry } from '../../archive/content.ts';
import { type DirectoryEntry, directory, type Entry, type FileEntry } from '../../archive/entry.ts';
import { openArchive } from '../../archive/reader.ts';
import { BUDGET } from '../../budget.ts';
import { fromBase64 } from '../../bytes.ts';
import { type Finding, FindingError, finding } from '../../finding.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import { fetchFollowing, RedirectError } from '../../http/fetch-following.ts';
import { HttpSource } from '../../http/http-source.ts';
import { MemorySource, readAll } from '../../io/byte-source.ts';
import { Closers } from '../../io/closers.ts';
import { FileSource } from '../../io/file-source.ts';
import { isFile } from '../../io/path-kind.ts';
import { printJson } from '../../package/json.ts';
import { type Dependency, type LocaleString, locale, type Manifest } from '../../package/manifest.ts';
import { canonicalExtension, isImageName, mimeOfExtension, splitName } from '../../package/mime.ts';
import { readVerifiedManifest } from '../../verify/verify.ts';
import { DEPENDENCY_ICON_LIMIT, toLocation } from './dependency-location.ts';
import type { Icon, IconCache } from './icon-cache.ts';

/** An icon from disk instead of the one that the manifest names for a dependency. */
export interface DependencyIcon {
  /** The dependency's id. */
  readonly id: string;
  readonly path: string;
}

interface Options {
  /** The package folder, which paths are relative to. */
  readonly folder: string;
  readonly blake3: Blake3;
  readonly icons?: readonly DependencyIcon[] | undefined;
  /** Icons that were fetched before, for when an address gives none now. */
  readonly iconCache?: IconCache | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The `dependencies` directory of a package: title and icon of each dependency that states where they are (s9pk-v2
 * section 6.6). Relative paths start at the package folder.
 * @returns undefined if there is nothing to pack; problems are findings with the dependency's JSON pointer.
 */
export async function packDependencies(
  manifest: Manifest,
  options: Options,
  findings: Finding[],
): Promise<DirectoryEntry | undefined> {
  const packed: [string, Entry][] = [];
  findings.push(...checkIcons(manifest, options.icons ?? []));
  for (const [id, dependency] of manifest.dependencies) {
    const path = `/dependencies/${id}`;
    try {
      const files = await packDependency(id, dependency, options, findings);
      if (files) packed.push([id, files]);
      else
        findings.push(
          finding('dependency-metadata', `${id} has no metadata, so users will see neither its title nor its icon`, {
            path,
          }),
        );
    } catch (error) {
      options.signal?.throwIfAborted();
      const isPackage = dependency.metadata?.kind === 's9pk';
      const code = isPackage ? 'dependency-s9pk' : 'dependency-icon';
      const reason =
        error instanceof FindingError
          ? error.findings.find((found) => found.severity === 'error')?.message
          : (error as Error).message;
      findings.push(finding(code, `${id}: ${reason}`, { path: `${path}/${isPackage ? 's9pk' : 'metadata/icon'}` }));
    }
  }
  return packed.length > 0 ? directory(packed) : undefined;
}

/** Icons that are given for what the manifest has no place for. */
function checkIcons(manifest: Manifest, icons: readonly DependencyIcon[]): Finding[] {
  return icons.flatMap(({ id }) => {
    const dependency = manifest.dependencies.get(id);
    if (dependency?.metadata) return [];
    const reason = dependency
      ? 'it has no metadata: without a title in the manifest its icon is not shown'
      : 'the manifest has no dependency of that name';
    return [finding('dependency-icon', `${id}: ${reason}`, { path: `/dependencies/${id}` })];
  });
}

async function packDependency(
  id: string,
  { metadata }: Dependency,
  options: Options,
  findings: Finding[],
): Promise<DirectoryEntry | undefined> {
  if (!metadata) return undefined;
  const found = metadata.kind === 's9pk' ? await readPackage(metadata.s9pk, options) : undefined;
  const title = found?.title ?? (metadata.kind === 'metadata' ? metadata.title : '');
  const given = options.icons?.find((icon) => icon.id === id);
  const stated = metadata.kind === 'metadata' ? metadata.icon : '';
  const onKept = (reason: string) =>
    findings.push(finding('dependency-icon-kept', `${id}: ${reason}`, { path: `/dependencies/${id}/metadata/icon` }));
  const icon = given
    ? await readIconFile(given.path, given.path)
    : (found?.icon ?? (await readIcon(stated, options, onKept)));
  const extension = canonicalExtension(icon.mime);
  if (extension === undefined || !isImageName(`icon.${extension}`)) {
    throw new Error(`an icon of the type "${icon.mime}" cannot be shown by devices; use png, svg, webp or jpg`);
  }
  const entry = (bytes: Uint8Array): Promise<FileEntry> => fileEntry(new MemorySource(bytes), options.blake3);
  const json = new TextEncoder().encode(printJson(new Map([['title', locale(title)]])));
  return directory([
    ['metadata.json', await entry(json)],
    [`icon.${extension}`, await entry(icon.bytes)],
  ]);
}

async function readIcon(text: string, options: Options, onKept: (reason: string) => void): Promise<Icon> {
  const location = toLocation(text, options.folder);
  if ('path' in location) return readIconFile(location.path, text);
  switch (location.url.protocol) {
    case 'http:':
    case 'https:':
      return fetchOrTakeKept(location.url.href, options, onKept);
    case 'data:':
      return decodeDataUrl(text);
    default:
      throw new Error(`icons cannot be read from ${location.url.protocol} addresses; use a path, https: or data:`);
  }
}

async function readIconFile(path: string, text: string): Promise<Icon> {
  if (!(await isFile(path))) throw new Error(`the icon ${text || '""'} is not there (${path})`);
  await using source = await FileSource.open(path);
  if (source.size > DEPENDENCY_ICON_LIMIT) throw new Error(tooLarge(source.size));
  const extension = splitName(basename(path)).extension ?? '';
  return {
    bytes: await readAll(source, DEPENDENCY_ICON_LIMIT),
    mime: mimeOfExtension(extension) ?? 'application/octet-stream',
  };
}

/** What an address gives now; if it cannot be asked, what it gave before, said with the reason. */
async function fetchOrTakeKept(
  url: string,
  { signal, iconCache }: Options,
  onKept: (reason: string) => void,
): Promise<Icon> {
  try {
    const icon = await fetchIcon(url, signal);
    await iconCache?.put(url, icon);
    return icon;
  } catch (error) {
    signal?.throwIfAborted();
    const kept = error instanceof UnreachableError ? await iconCache?.take(url) : undefined;
    if (!kept) throw error;
    onKept(`${(error as Error).message}; the icon that it gave on ${kept.fetched.slice(0, 10)} is packed`);
    return kept;
  }
}

/** An address gave no answer, or the answer that it has a trouble of its own. */
class UnreachableError extends Error {}

async function fetchIcon(url: string, signal?: AbortSignal): Promise<Icon> {
  const timeout = AbortSignal.timeout(BUDGET.serverMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  let mime: string;
  try {
    const response = await fetchFollowing(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
    const { status, statusText } = response;
    if (status >= 500) throw new UnreachableError(`${url} answered ${status} ${statusText}`.trim());
    if (!response.ok) throw new IconError(`${url} answered ${status} ${statusText}`.trim());
    mime = mimeType(response.headers.get('content-type') ?? '');
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > DEPENDENCY_ICON_LIMIT) throw new IconError(tooLarge(size));
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof UnreachableError || error instanceof IconError) throw error;
    if (error instanceof RedirectError) throw new IconError(error.message);
    throw new UnreachableError(`${url} could not be fetched: ${causeOf(error as Error)}`);
  }
  return { bytes: Buffer.concat(chunks), mime };
}

/** An address answered, and the answer is no icon. */
class IconError extends Error {}

/** What `fetch failed` leaves out: the innermost cause, of several addresses that were tried the first. */
function causeOf(error: Error): string {
  if (error.name === 'TimeoutError') return `no answer within ${BUDGET.serverMs / 1000} s`;
  const { cause } = error;
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return inner instanceof Error ? causeOf(inner) : error.message;
}

function decodeDataUrl(url: string): Icon {
  const match = /^data:([^,]*);base64,(.*)$/s.exec(url);
  if (!match) throw new Error("the icon's data: address must hold base64 (data:image/png;base64,...)");
  const bytes = fromBase64(match[2] ?? '');
  if (bytes.length > DEPENDENCY_ICON_LIMIT) throw new Error(tooLarge(bytes.length));
  return { bytes, mime: mimeType(match[1] ?? '') };
}

/** A MIME type without its parameters, which would otherwise become part of a file name. */
function mimeType(header: string): string {
  return (header.split(';')[0] ?? '').trim().toLowerCase();
}

function tooLarge(size: number): string {
  return `the icon is too large (${size} bytes or more); at most ${DEPENDENCY_ICON_LIMIT} bytes are allowed`;
}

/** Title and icon out of another package, whose signature and hashes are checked on the way. */
async function readPackage(
  text: string,
  { folder, blake3, signal }: Options,
): Promise<{ title: LocaleString; icon: Icon }> {
  await using closers = new Closers();
  const location = toLocation(text, folder);
  const source =
    'path' in location
      ? closers.use(await FileSource.open(location.path))
      : await HttpSource.open(location.url.href, signal);
  const { root } = await openArchive(source, { blake3 });
  const { manifest, findings } = await readVerifiedManifest(root, blake3);
  if (!manifest) throw new FindingError(findings);
  const name = [...root.children.keys()].find((key) => splitName(key).stem === 'icon' && isImageName(key));
  const entry = name === undefined ? undefined : root.children.get(name);
  if (name === undefined || entry?.kind !== 'file') throw new Error(`the package ${text} has no icon`);
  const bytes = await readAll(entry.content, 16 << 20);
  const { hash } = await fileEntry(new MemorySource(bytes), blake3);
  if (Buffer.compare(hash, entry.hash) !== 0) throw new Error(`the icon in the package ${text} is damaged`);
  return { title: manifest.title, icon: { bytes, mime: mimeOfExtension(splitName(name).extension ?? '') ?? '' } };
}
