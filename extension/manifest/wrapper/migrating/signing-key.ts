import { dirname, join } from 'node:path';
import { copyKey, createKey, findKey, NEW_KEY } from '../../../engine/sign/key-store.ts';
import { fingerprint } from '../../../engine/sign/private-key.ts';

/** The key that packages of a new wrapper will be signed with. */
export interface PlannedKey {
  /** The key's file. */
  readonly key: string;
  /** `found`: it is there; `copied`: it is the old wrapper's; `new`: there is none that would be found from either folder. */
  readonly keyState: 'found' | 'copied' | 'new';
  /** The file that it is a copy of. */
  readonly keyFrom?: string;
}

/**
 * Finds the key of a new wrapper: its own, else the old wrapper's, so that servers see the same signer as before.
 * @throws FindingError `key-invalid` if a file that is found holds no usable key
 */
export async function planKey(folder: string, target: string): Promise<PlannedKey> {
  const own = join(target, NEW_KEY);
  const [there, old] = [await findKey(target), await findKey(folder)];
  const isOwn = there !== undefined && dirname(there.path) === dirname(own);
  if (old?.kind === 'build' && !isOwn) {
    const isSame = there !== undefined && fingerprint(there.key.publicKey) === fingerprint(old.key.publicKey);
    if (!isSame) return { key: own, keyState: 'copied', keyFrom: old.path };
  }
  return there ? { key: there.path, keyState: 'found' } : { key: own, keyState: 'new' };
}

/** Makes or copies the key of a wrapper whose folder is there. @throws the file system's error */
export async function makeKey({ keyState, keyFrom }: PlannedKey, target: string): Promise<void> {
  if (keyState === 'copied' && keyFrom !== undefined) await copyKey(keyFrom, target);
  if (keyState === 'new') await createKey(target);
}
