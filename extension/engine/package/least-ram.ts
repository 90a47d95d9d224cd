/** Less memory, in bytes, than any device has: a number below it was meant as megabytes. */
const LEAST_RAM = 1 << 20;

/** What is wrong with a demand for memory that every device meets; undefined if nothing is. */
export function problemOfRam(ram: number): string | undefined {
  if (ram <= 0 || ram >= LEAST_RAM) return undefined;
  return `"ram" counts bytes, so ${ram} is met by every device; for ${ram} MB write ${ram * LEAST_RAM}`;
}
