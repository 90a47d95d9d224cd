import { dirname } from 'node:path';
import { fromHex, toHex } from '../engine/bytes.ts';
import { knownSignersFor } from '../engine/sign/key-store.ts';
import { fingerprint } from '../engine/sign/private-key.ts';
import type { KnownSigner } from '../engine/verify/verify.ts';
import type { DescribeRequest, PackageSummary } from './protocol.ts';

/** The keys that a package's signer is compared with: the user's own, and those they said they trust. */
export async function signersKnownTo({ file, knownSigners, ownKeys }: DescribeRequest): Promise<KnownSigner[]> {
  const named = Object.entries(knownSigners).flatMap(([name, hex]) =>
    /^[0-9a-f]{64}$/i.test(hex) ? [{ publicKey: fromHex(hex), name }] : [],
  );
  return ownKeys ? [...(await knownSignersFor(dirname(file))), ...named] : named;
}

/** A signer for people. */
export function describeSigner(publicKey: Uint8Array, name: string | undefined): NonNullable<PackageSummary['signer']> {
  return { publicKey: toHex(publicKey), fingerprint: fingerprint(publicKey), ...(name !== undefined && { name }) };
}
