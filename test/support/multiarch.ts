import { encode } from 'cborg';
import { tarOf } from './tars.ts';

/** The images of a package for several architectures, each an archive as `docker save` writes it. */
export function multiarchTar(
  archives: Readonly<Record<string, Uint8Array>>,
  available = Object.keys(archives),
): Uint8Array {
  return tarOf([
    { name: 'multiarch.cbor', content: encode({ default: 'aarch64', available }) },
    ...Object.entries(archives).map(([arch, content]) => ({ name: `${arch}.tar`, content })),
  ]);
}
