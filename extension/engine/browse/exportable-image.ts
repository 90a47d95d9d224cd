import { BUDGET } from '../budget.ts';
import { FindingError, finding } from '../finding.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { isObject, parseJson } from '../package/json.ts';
import type { DirectoryNode } from '../squashfs/node.ts';
import { SquashfsImage } from '../squashfs/read/image-reader.ts';
import { readImageTree } from '../squashfs/read/image-tree.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';

/** An image of a package as it can be taken out of it. What is given was checked. */
export interface ExportableImage {
  /** The root file system, its contents read when they are asked for. */
  readonly tree: DirectoryNode;
  /** How a container is started, as OCI images say it. @throws FindingError if the package does not hold it */
  config(): Promise<object>;
}

/** Which image is taken out, and for which architecture. */
export interface ImageChoice {
  readonly id: string;
  /** StartOS's name of it. */
  readonly arch: string;
  readonly signal?: AbortSignal | undefined;
}

/** Finds the checked bytes of a file that must be there. @throws FindingError `file-missing` */
export type ContentAt = (path: string) => Promise<ByteSource>;

/**
 * An image of a package for StartOS 0.4: squashfs, with the configuration that the package keeps of it.
 * @throws FindingError if there is none, or it is damaged
 */
export async function squashfsToExport(
  contentAt: ContentAt,
  { id, arch, signal }: ImageChoice,
): Promise<ExportableImage> {
  const path = `images/${arch}/${id}`;
  const squashfs = await contentAt(`${path}.squashfs`);
  try {
    const tree = await readImageTree(await SquashfsImage.open(squashfs), signal);
    return { tree, config: () => readConfig(contentAt, path) };
  } catch (error) {
    if (!(error instanceof SquashfsError)) throw error;
    const message = `${path}.squashfs cannot be read: ${error.message}`;
    throw new FindingError([finding('image-unreadable', message, { path: `${path}.squashfs` })]);
  }
}

/** The OCI configuration of what the package keeps: `<id>.json` and `<id>.env`. */
async function readConfig(contentAt: ContentAt, path: string): Promise<object> {
  const read = async (name: string) =>
    Buffer.from(await readAll(await contentAt(name), BUDGET.configBytes)).toString('utf8');
  const { value } = parseJson(await read(`${path}.json`));
  if (!isObject(value)) {
    const message = `${path}.json is no JSON object, so that there is no configuration to export`;
    throw new FindingError([finding('image-unreadable', message, { path: `${path}.json` })]);
  }
  const [workdir, user, entrypoint, cmd] = ['workdir', 'user', 'entrypoint', 'cmd'].map((key) => value.get(key));
  const env = (await read(`${path}.env`)).split('\n').filter((line) => line !== '');
  return {
    Env: env,
    WorkingDir: workdir,
    User: user,
    ...(entrypoint ? { Entrypoint: entrypoint } : {}),
    ...(cmd ? { Cmd: cmd } : {}),
  };
}
