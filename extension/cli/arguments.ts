import type { EntryOrder } from '../engine/archive/order.ts';
import { FindingError } from '../engine/finding.ts';
import { archNamed } from '../engine/package/parse-images.ts';
import { WRITABLE_COMPRESSORS, type WritableCompressor } from '../engine/squashfs/codec/compress.ts';

/** Wrong use of the command line: an unknown verb, option or value. Ends with exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** `--image ID:ARCH=PATH`, or `ID=PATH` for a layout that holds several architectures. @throws UsageError */
export function parseImageOption(text: string): { id: string; arch?: string; path: string } {
  const match = /^([a-z0-9-]+)(?::([A-Za-z0-9_]+))?=(.+)$/.exec(text);
  const [, id, arch, path] = match ?? [];
  if (id === undefined || path === undefined)
    throw new UsageError(`--image takes ID:ARCH=PATH, or ID=PATH for all architectures, not "${text}"`);
  return arch === undefined ? { id, path } : { id, arch: archNamed(arch), path };
}

/** What `--dependency-icon` says. */
export function parseIconOption(text: string): { id: string; path: string } {
  const [, id, path] = /^([a-z0-9-]+)=(.+)$/.exec(text) ?? [];
  if (id === undefined || path === undefined) throw new UsageError(`--dependency-icon takes ID=FILE, not "${text}"`);
  return { id, path };
}

/** Runs something about one package file, and says so in every finding that it throws. */
export async function aboutFile<T>(file: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    throw new FindingError(error.findings.map((found) => ({ ...found, where: { ...found.where, file } })));
  }
}

/** @throws UsageError */
export function parseOrder(order: string): EntryOrder {
  if (order === 'priority' || order === 'name') return order;
  throw new UsageError(`--order is priority or name, not "${order}"`);
}

/** What `--compressor` says. @throws UsageError */
export function parseCompressor(name: string | undefined): WritableCompressor | undefined {
  const known = WRITABLE_COMPRESSORS.find((candidate) => candidate === name);
  if (known || name === undefined) return known;
  throw new UsageError(`images are written with ${WRITABLE_COMPRESSORS.join(' or ')}, not with ${name}`);
}

/** The value of an option that takes a whole number. @throws UsageError */
export function parseNumber(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[1-9][0-9]*$/.test(value)) throw new UsageError(`--${option} takes a whole number, not "${value}"`);
  return Number(value);
}
