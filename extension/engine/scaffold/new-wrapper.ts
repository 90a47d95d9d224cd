import { cp, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isImageTag } from '../image/image-tag.ts';
import { pathInside } from '../io/path-inside.ts';
import { Staging } from '../io/staging.ts';
import { isId } from '../package/id.ts';
import { createKey, findKey } from '../sign/key-store.ts';

/** What a new wrapper starts from. */
export const TEMPLATES = ['tag', 'dockerfile', 'dependency', 'os-03'] as const;
export type Template = (typeof TEMPLATES)[number];

/** Folders of the templates that a wrapper is made of; files of the later ones replace those of the earlier. */
const LAYERS: Readonly<Record<Template, readonly string[]>> = {
  tag: ['common', 'tag'],
  dockerfile: ['common', 'dockerfile'],
  dependency: ['common', 'dockerfile', 'dependency'],
  // For StartOS 0.3, whose wrappers have nothing in common with the others.
  'os-03': ['os-03'],
};

export interface NewWrapperOptions {
  /** A folder that is not there yet, or is empty. */
  readonly folder: string;
  /** Folder of the templates, which are shipped beside the code. */
  readonly templates: string;
  readonly template: Template;
  /** The package's id: lower-case letters, digits and dashes. */
  readonly id: string;
  readonly title: string;
  /** The image of the template `tag`. */
  readonly tag?: string;
  /** The port on which the service listens in its container. */
  readonly port: number;
  readonly year: number;
}

export interface NewWrapper {
  readonly folder: string;
  /** Paths of all files, relative to the folder, sorted. */
  readonly files: readonly string[];
  /** Where the key is that packages of this folder will be signed with. */
  readonly key: string;
  /** Whether the key was made now, because there was none from the folder up. */
  readonly isNewKey: boolean;
}

/** Why a wrapper cannot be made of what was asked for. */
export class ScaffoldError extends Error {
  override readonly name = 'ScaffoldError';
}

/** A title for those who give none: `my-service` as `My Service`. */
export function titleOf(id: string): string {
  return id
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}

/** Says what is wrong with an id; undefined if nothing is. */
export function checkId(id: string): string | undefined {
  return isId(id) ? undefined : `"${id}" is not an id: lower-case letters and digits, with dashes between them`;
}

/** The same for StartOS 0.3, which takes no digits (s9pk-v1 section 3.14). */
export function checkId03(id: string): string | undefined {
  return /^[a-z]+(?:-[a-z]+)*$/.test(id)
    ? undefined
    : `"${id}" is not an id of StartOS 0.3: lower-case letters, with dashes between them, and no digits`;
}

/**
 * Makes a complete wrapper that packs as it is, and a signing key for it if there is none from its folder up. The folder takes
 * its name when everything is in it.
 * @throws ScaffoldError if the id, the tag, the port or the folder will not do; failing I/O.
 */
export async function makeWrapper(options: NewWrapperOptions): Promise<NewWrapper> {
  const folder = resolve(options.folder);
  check(options);
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (there.some((name) => name !== '.git')) throw new ScaffoldError(`${folder} is there already, and not empty`);
  await mkdir(dirname(folder), { recursive: true });
  await using staging = await Staging.beside(folder);
  const made = staging.path('wrapper');
  for (const layer of LAYERS[options.template]) {
    await cp(join(options.templates, layer), made, { recursive: true });
  }
  const files = await fill(made, options);
  // A folder that is there already, perhaps with a repository in it, is kept.
  if (await stat(folder).catch(() => undefined)) {
    for (const name of await readdir(made)) await rename(join(made, name), join(folder, name));
  } else {
    await rename(made, folder);
  }
  const known = await findKey(folder);
  const { path } = known ?? (await createKey(folder));
  return { folder, files, key: path, isNewKey: known === undefined };
}

function check({ id, tag, port, template, title }: NewWrapperOptions): void {
  const problem = template === 'os-03' ? (checkId03(id) ?? checkTitle03(title)) : checkId(id);
  if (problem) throw new ScaffoldError(problem);
  if (title.trim() === '' || /[\r\n'\\]/.test(title))
    throw new ScaffoldError(`"${title}" is not a title on one line without quotes`);
  if (template === 'tag' && (tag === undefined || !isImageTag(tag))) {
    throw new ScaffoldError(`"${tag ?? ''}" is not a tag of an image, such as nginx:1.29-alpine`);
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new ScaffoldError(`${port} is not a port`);
}

/** Verification refuses longer ones (s9pk-v1 section 6, rule 21). */
function checkTitle03(title: string): string | undefined {
  const bytes = new TextEncoder().encode(title).length;
  return bytes > 29 ? `the title has ${bytes} bytes; StartOS 0.3 takes at most 29` : undefined;
}

/** Puts the user's values into every file, and gives those their names that npm and git would take for the template's own. */
async function fill(folder: string, options: NewWrapperOptions): Promise<string[]> {
  const values: Readonly<Record<string, string>> = {
    __ID__: options.id,
    __TITLE__: options.title,
    __TAG__: options.tag ?? '',
    __PORT__: String(options.port),
    __YEAR__: String(options.year),
  };
  const files: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    await writeFile(
      path,
      text.replaceAll(/__[A-Z]+__/g, (name) => values[name] ?? name),
    );
    const named = join(dirname(path), basename(path).replace(/^_/, ''));
    if (named !== path) await rename(path, named);
    files.push(pathInside(folder, named));
  }
  return files.sort();
}
