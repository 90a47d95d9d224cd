import { LEAST_RAM } from '../upstream/table.ts';

/** What is wrong with a demand for memory, in bytes, that every device meets; undefined if nothing is. */
export function problemOfRam(ram: number): string | undefined {
  if (ram <= 0 || ram >= LEAST_RAM) return undefined;
  return `"ram" counts bytes, so ${ram} is met by every device; for ${ram} MB write ${ram * 2 ** 20}`;
}
