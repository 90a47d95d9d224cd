import { resolve } from 'node:path';
import { toHex } from '../engine/bytes.ts';
import { FindingError, finding } from '../engine/finding.ts';
import { createKey, findKey, readKey, type StoredKey } from '../engine/sign/key-store.ts';
import { fingerprint, formatPublicKey } from '../engine/sign/private-key.ts';
import { UsageError } from './arguments.ts';
import { type Command, text } from './command.ts';

export const keyCommand: Command = {
  usage: 's9pk key show|create [DIR]',
  summary: 'Show the public key that packages in DIR are signed with, or create a signing key there',
  maxArguments: 2,
  options: { key: { type: 'string' } },
  help: { key: ['FILE', 'show this key file instead'] },
  async run({ positionals: [verb, folder], values }) {
    const where = resolve(folder ?? '.');
    switch (verb) {
      case 'show': {
        const file = text(values, 'key');
        const stored = file === undefined ? await findKey(where) : await readKey(resolve(file));
        if (stored) return show(stored, 'is used');
        const message = 'there is no signing key here or above; make one with "s9pk key create"';
        throw new FindingError([finding('key-missing', message, { file: where })]);
      }
      case 'create':
        return create(where);
      default:
        throw new UsageError('key takes show or create');
    }
  },
};

async function create(where: string) {
  try {
    return show(await createKey(where), 'was created; keep a copy, packages of one publisher must keep one key');
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw error;
    const message = `there is a key already, and it is never replaced: ${path}`;
    throw new FindingError([finding('key-invalid', message, { file: path ?? where })]);
  }
}

function show({ path, key, kind, findings }: StoredKey, what: string) {
  const signer = {
    publicKey: toHex(key.publicKey),
    fingerprint: fingerprint(key.publicKey),
    pem: formatPublicKey(key.publicKey),
  };
  const lines = [
    `${path} ${what}`,
    `public key  ${signer.publicKey}`,
    `fingerprint ${signer.fingerprint}`,
    signer.pem.trimEnd(),
  ];
  return { findings, data: { path, kind, ...signer }, text: lines.join('\n') };
}
