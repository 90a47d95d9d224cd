import { dirname, resolve } from 'node:path';
import { toHex } from '../engine/bytes.ts';
import { FindingError, finding } from '../engine/finding.ts';
import { createKey, findKey, lookForKey, readKey, type StoredKey } from '../engine/sign/key-store.ts';
import { fingerprint, formatPublicKey } from '../engine/sign/private-key.ts';
import { UsageError } from './arguments.ts';
import { type Command, text } from './command.ts';

export const keyCommand: Command = {
  usage: 's9pk key show|create [DIR]',
  summary: 'Show the public key that packages in DIR are signed with, or create a signing key there',
  maxArguments: 2,
  options: { key: { type: 'string' }, new: { type: 'boolean' } },
  help: {
    key: ['FILE', 'show this key file instead'],
    new: ['', 'create a key in DIR although there is one above that packages here are signed with'],
  },
  async run({ positionals: [verb, folder], values }) {
    const where = resolve(folder ?? '.');
    switch (verb) {
      case 'show':
        return showKey(where, text(values, 'key'));
      case 'create':
        return create(where, values['new'] === true);
      default:
        throw new UsageError('key takes show or create');
    }
  },
};

async function showKey(where: string, file: string | undefined) {
  const stored = file === undefined ? await findKey(where) : await readKey(resolve(file));
  if (stored) return show(stored, 'is used');
  const { foreign } = await lookForKey(where);
  const passed = foreign.map((path) => `; ${path} belongs to another user and is not used`).join('');
  const message = `there is no signing key here or above; make one with "s9pk key create"${passed}`;
  throw new FindingError([finding('key-missing', message, { file: where })]);
}

async function create(where: string, isNew: boolean) {
  const above = isNew ? undefined : await findKey(where).catch(ignoreUnusable);
  const isAbove = above?.kind === 'build' && dirname(dirname(above.path)) !== where;
  if (isAbove) {
    const shown = show(above, 'is there already, and packages here are signed with it; --new makes another one here');
    return { ...shown, data: { ...shown.data, created: false } };
  }
  try {
    const made = show(await createKey(where), 'was created; keep a copy, packages of one publisher must keep one key');
    return { ...made, data: { ...made.data, created: true } };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') throw error;
    const isUsable = await readKey(path ?? where).then(
      () => true,
      () => false,
    );
    const hint = isUsable ? '' : '; it holds no usable key: look at it, and remove it to make a new one';
    const message = `there is a key already, and it is never replaced: ${path}${hint}`;
    throw new FindingError([finding('key-invalid', message, { file: path ?? where })]);
  }
}

/** A file above that holds no key is no reason not to make one. */
function ignoreUnusable(error: unknown): undefined {
  if (!(error instanceof FindingError)) throw error;
  return undefined;
}

function show({ path, key, kind, notes, findings }: StoredKey, what: string) {
  const signer = {
    publicKey: toHex(key.publicKey),
    fingerprint: fingerprint(key.publicKey),
    pem: formatPublicKey(key.publicKey),
  };
  const lines = [
    `${path} ${what}`,
    ...notes,
    `public key  ${signer.publicKey}`,
    `fingerprint ${signer.fingerprint}`,
    signer.pem.trimEnd(),
  ];
  return { findings, data: { path, kind, notes, ...signer }, text: lines.join('\n') };
}
