import { joinPath } from '../archive/names.ts';
import { type Finding, finding } from '../finding.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { FileSource } from '../io/file-source.ts';
import type { PrivateKey } from '../sign/private-key.ts';
import { type DirectoryNode, type FileNode, sortedChildren } from '../squashfs/node.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { visibleText } from '../visible-text.ts';

/** Files larger than this are no keys, and are not searched. */
const MAX_KEY_FILE = 1 << 20;
const PEM = /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/;

const PEM_END = 'PRIVATE KEY-----';

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export type Secret = 'own' | 'foreign';

/** Whether bytes hold the key that signs, or some other private key as PEM. */
export function secretIn(bytes: Uint8Array, key: PrivateKey | undefined): Secret | undefined {
  const buffer = bufferOf(bytes);
  if (key && (buffer.includes(Buffer.from(key.seed)) || holdsBase64(buffer, key.seed))) return 'own';
  return buffer.includes(PEM_END) && PEM.test(buffer.toString('latin1')) ? 'foreign' : undefined;
}

/**
 * The seed within the base64 of something longer, such as PKCS#8: there it begins at one of three offsets, and all of its
 * digits but the first and the last are the same.
 */
function holdsBase64(buffer: Buffer, seed: Uint8Array): boolean {
  return [0, 1, 2].some((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), seed])
      .toString('base64')
      .replace(/=+$/, '');
    return buffer.includes(shifted.slice(offset === 0 ? 0 : offset + 1, -1));
  });
}

/** Private keys in a folder of the wrapper that is packed as it is: nobody packs one on purpose. */
export async function secretsInFolder(
  root: DirectoryNode,
  file: (path: string) => string,
  key: PrivateKey | undefined,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const visit = async (folder: DirectoryNode, at: string): Promise<void> => {
    for (const [name, node] of sortedChildren(folder)) {
      await takeTurns(signal);
      const path = joinPath(at, name);
      if (node.kind === 'directory') await visit(node, path);
      else if (node.kind === 'file') findings.push(...(await secretsInContent(node.content, file(path), key)));
    }
  };
  await visit(root, '');
  return findings;
}

/** Private keys in files that are packed as they are. */
export async function secretsInFiles(paths: readonly string[], key: PrivateKey | undefined): Promise<Finding[]> {
  const search = async (path: string) => {
    await using source = await FileSource.open(path);
    return await secretsInContent(source, path, key);
  };
  return (await Promise.all(paths.map(search))).flat();
}

async function secretsInContent(content: ByteSource, file: string, key: PrivateKey | undefined): Promise<Finding[]> {
  if (content.size > MAX_KEY_FILE) return [];
  const secret = secretIn(await readAll(content, MAX_KEY_FILE), key);
  if (secret === undefined) return [];
  const what = secret === 'own' ? 'the key that signs the package' : 'a private key';
  return [
    finding('key-in-package', `${file} holds ${what}, and would be in the package for everybody to read`, { file }),
  ];
}

/** Files of an image that are larger are no keys. */
const MAX_KEY_IN_IMAGE = 1 << 16;

/** Watches the files of an image pass while it is written, for private keys in the PEM form. */
export class SecretWatch {
  private readonly seen = new Map<FileNode, Secret>();
  private readonly key: PrivateKey | undefined;

  constructor(key: PrivateKey | undefined) {
    this.key = key;
  }

  readonly look = (file: FileNode, bytes: Uint8Array): void => {
    // One look that is over in microseconds for the tens of thousands of files that hold none.
    if (bytes.length > MAX_KEY_IN_IMAGE || !bufferOf(bytes).includes(PEM_END)) return;
    const secret = secretIn(bytes, this.key);
    if (secret !== undefined) this.seen.set(file, secret);
  };

  /** Where in the tree keys of a kind were seen. */
  paths(root: DirectoryNode, secret: Secret): string[] {
    if (this.seen.size === 0) return [];
    const paths: string[] = [];
    const visit = (folder: DirectoryNode, at: string): void => {
      for (const [name, node] of sortedChildren(folder)) {
        const path = `${at}/${visibleText(name)}`;
        if (node.kind === 'directory') visit(node, path);
        else if (node.kind === 'file' && this.seen.get(node) === secret) paths.push(path);
      }
    };
    visit(root, '');
    return paths;
  }
}

/** Said of an image that holds keys of others, which may be meant for tests. */
export function keysInImage(paths: readonly string[], id: string): Finding[] {
  const [first, ...more] = paths;
  if (first === undefined) return [];
  const rest = more.length === 0 ? '' : ` and ${more.length} more ${more.length === 1 ? 'file' : 'files'}`;
  const message = `${first}${rest} of image ${id} holds a private key, which all who have the package can read`;
  return [finding('key-in-image', message, { path: `/images/${id}` })];
}
