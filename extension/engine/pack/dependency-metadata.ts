import { basename } from 'node:path';
import { fileEntry } from '../archive/content.ts';
import { type DirectoryEntry, directory, type Entry, type FileEntry } from '../archive/entry.ts';
import { openArchive } from '../archive/reader.ts';
import { fromBase64 } from '../bytes.ts';
import { type Finding, FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { MemorySource, readAll } from '../io/byte-source.ts';
import { Closers } from '../io/closers.ts';
import { FileSource } from '../io/file-source.ts';
import { HttpSource } from '../io/http-source.ts';
import { isFile } from '../io/path-kind.ts';
import { printJson } from '../package/json.ts';
import { type Dependency, type LocaleString, locale, type Manifest } from '../package/manifest.ts';
import { canonicalExtension, isImageName, mimeOfExtension, splitName } from '../package/mime.ts';
import { readVerifiedManifest } from '../verify/verify.ts';
import { DEPENDENCY_ICON_LIMIT, toLocation } from './dependency-location.ts';

const HTTP_TIMEOUT_MS = 30_000;

interface Icon {
  readonly bytes: Uint8Array;
  /** MIME type without parameters. */
  readonly mime: string;
}

interface Options {
  /** The package folder, which paths are relative to. */
  readonly folder: string;
  readonly blake3: Blake3;
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
  for (const [id, dependency] of manifest.dependencies) {
    const path = `/dependencies/${id}`;
    try {
      const files = await packDependency(dependency, options);
      if (files) packed.push([id, files]);
      else
        findings.push(
          finding('dependency-metadata', `${id} has no metadata, so users will see neither its title nor its icon`, {
            path,
          }),
        );
    } catch (error) {
      options.signal?.throwIfAborted();
      const code = dependency.metadata?.kind === 's9pk' ? 'dependency-s9pk' : 'dependency-icon';
      const reason =
        error instanceof FindingError
          ? error.findings.find((found) => found.severity === 'error')?.message
          : (error as Error).message;
      findings.push(finding(code, `${id}: ${reason}`, { path: `${path}/${dependency.metadata?.kind}` }));
    }
  }
  return packed.length > 0 ? directory(packed) : undefined;
}

async function packDependency({ metadata }: Dependency, options: Options): Promise<DirectoryEntry | undefined> {
  if (!metadata) return undefined;
  const found = metadata.kind === 's9pk' ? await readPackage(metadata.s9pk, options) : undefined;
  const title = found?.title ?? (metadata.kind === 'metadata' ? metadata.title : '');
  const icon = found?.icon ?? (await readIcon(metadata.kind === 'metadata' ? metadata.icon : '', options));
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

async function readIcon(text: string, { folder, signal }: Options): Promise<Icon> {
  const location = toLocation(text, folder);
  if ('path' in location) return readIconFile(location.path, text);
  switch (location.url.protocol) {
    case 'http:':
    case 'https:':
      return fetchIcon(location.url.href, signal);
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

async function fetchIcon(url: string, signal?: AbortSignal): Promise<Icon> {
  const timeout = AbortSignal.timeout(HTTP_TIMEOUT_MS);
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`.trim());
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > DEPENDENCY_ICON_LIMIT) throw new Error(tooLarge(size));
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), mime: mimeType(response.headers.get('content-type') ?? '') };
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
