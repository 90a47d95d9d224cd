import { fromHex, toHex } from '../../engine/bytes.ts';
import { fingerprint } from '../../engine/sign/private-key.ts';
import type { KnownSigner } from '../../engine/verify/verify.ts';
import type { Packages } from '../packages/packages.ts';
import type { DescribeRequest, PackageSummary } from '../protocol.ts';

/** The keys that a package's signer is compared with: the user's own, and those they said they trust. */
export async function signersKnownTo(
  packages: Packages,
  { file, knownSigners, ownKeys }: DescribeRequest,
): Promise<KnownSigner[]> {
  const named = Object.entries(knownSigners).flatMap(([name, hex]) =>
    /^[0-9a-f]{64}$/i.test(hex) ? [{ publicKey: fromHex(hex), name }] : [],
  );
  return ownKeys ? [...(await packages.ownSigners(file)), ...named] : named;
}

/** A signer for people. */
export function describeSigner(publicKey: Uint8Array, name: string | undefined): NonNullable<PackageSummary['signer']> {
  return { publicKey: toHex(publicKey), fingerprint: fingerprint(publicKey), ...(name !== undefined && { name }) };
}
