import { resolve } from 'node:path';
import { type Finding, FindingError, finding } from '../finding.ts';
import { readKey, type StoredKey } from '../sign/key-store.ts';

/**
 * The key that a package is signed with: the one that was named, else the one that is found. Why there is none is a finding,
 * so that everything else can be looked at before packing stops.
 * @param named file of a key; undefined to look for one
 */
export async function findSigner(
  folder: string,
  named: string | undefined,
  find: (folder: string) => Promise<StoredKey | undefined>,
  findings: Finding[],
): Promise<StoredKey | undefined> {
  try {
    const signer = named === undefined ? await find(folder) : await readKey(resolve(named));
    if (signer) findings.push(...signer.findings);
    else {
      const message = `there is no signing key for ${folder}; make one with "s9pk key create ${folder}" or the command "S9PK: Create Signing Key", or name one with --key`;
      findings.push(finding('key-missing', message, { file: folder }));
    }
    return signer;
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    findings.push(...error.findings);
    return undefined;
  }
}
