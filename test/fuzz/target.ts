import type { Random } from './random.ts';

/** One parser that meets what strangers wrote. */
export interface FuzzTarget {
  readonly name: string;
  /** The sources whose coverage is shown, as globs from the root of the repository. */
  readonly covers: readonly string[];
  /** Good inputs, to be changed. */
  seeds(): Promise<readonly Uint8Array[]>;
  /** An input of a shape of its own: depth, width, counts, lengths and sizes near limits. */
  make?(random: Random): Promise<Uint8Array>;
  /** How an input is changed, where that is not by its bytes. */
  mutate?(input: Uint8Array, other: Uint8Array, random: Random): Uint8Array;
  /** Reads an input. @throws if it threw what it should not, or an invariant does not hold */
  read(input: Uint8Array, random: Random): Promise<void>;
  /** One in so many cases is compared; programs take longer than what runs here. By default one in 25. */
  readonly comparesOneIn?: number;
  /** Reads it with another implementation, too. @throws if both read it, and differently */
  compare?(input: Uint8Array): Promise<void>;
}

/** Lets the errors pass that a parser may throw. */
export async function allowing(
  kinds: readonly (abstract new (...args: never[]) => Error)[],
  read: () => unknown,
): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    return false;
  }
}

/** Splits a text into what stands on its lines, for targets of several files. */
export const textOf = (input: Uint8Array): string => new TextDecoder().decode(input);
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
