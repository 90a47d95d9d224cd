import { isAddress } from '../protocol.ts';
import type { Packages } from './packages.ts';

/** Packages on the disk by their paths, and by their addresses those that were handed over. */
export function packagesByPlace(onDisk: Packages, handedOver: Packages): Packages {
  const placeOf = (file: string) => (isAddress(file) ? handedOver : onDisk);
  return {
    get blake3() {
      return onDisk.blake3;
    },
    open: (file) => placeOf(file).open(file),
    ...(onDisk.layers && { layers: onDisk.layers }),
    stampOf: (file) => placeOf(file).stampOf(file),
    ownSigners: (file) => placeOf(file).ownSigners(file),
    sourceNewerThan: (file) => placeOf(file).sourceNewerThan(file),
  };
}
