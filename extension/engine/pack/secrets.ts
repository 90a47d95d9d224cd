import { joinPath } from '../archive/names.ts';
import { type Finding, finding } from '../finding.ts';
import { type ByteSource, readAll } from '../io/byte-source.ts';
import { FileSource } from '../io/file-source.ts';
import type { PrivateKey } from '../sign/private-key.ts';
import { type DirectoryNode, sortedChildren } from '../squashfs/node.ts';
import { takeTurns } from '../turns/take-turns.ts';

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

/** The same of what is in the PEM form: one look that is over in microseconds for the tens of thousands of files of an image. */
export function pemIn(bytes: Uint8Array, key: PrivateKey | undefined): Secret | undefined {
  return bufferOf(bytes).includes(PEM_END) ? secretIn(bytes, key) : undefined;
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
  const findings: Finding[] = [];
  for (const path of paths) {
    await using source = await FileSource.open(path);
    findings.push(...(await secretsInContent(source, path, key)));
  }
  return findings;
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
