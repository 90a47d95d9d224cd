import { createRequire } from 'node:module';
import { createHash } from 'blake3-wasm';
import { type Blake3, nobleBlake3, wasmPieces, works } from './blake3.ts';

/** The part of @napi-rs/blake-hash that is used. It is an optional dependency, loaded by name at run time. */
interface NativeModule {
  readonly Blake3Hasher: new () => { update(bytes: Uint8Array): unknown; digestBuffer(): Uint8Array; reset(): unknown };
}

/** Hashers that wait to be used again: as many as work beside each other. */
const MAX_SPARE = 16;

export const wasmBlake3: Blake3 = {
  name: 'wasm',
  create() {
    const state = createHash();
    return {
      update(bytes) {
        for (const piece of wasmPieces(bytes)) state.update(piece);
      },
      digest: () => new Uint8Array(state.digest()),
    };
  },
};

/**
 * The native module: the copy that a platform's own .vsix has beside the code, or the installed package.
 * @throws if there is neither, or it was built for another platform.
 */
export function loadNativeBlake3(): Blake3 {
  const require = createRequire(import.meta.url);
  const native = firstThatLoads(require, ['./blake3.node', '@napi-rs/blake-hash']);
  /** Hashers that have given their hash: what they hold is no memory that V8 sees, so it would be collected late. */
  const spare: InstanceType<NativeModule['Blake3Hasher']>[] = [];
  return {
    name: 'native',
    create() {
      const state = spare.pop() ?? new native.Blake3Hasher();
      return {
        update: (bytes) => {
          state.update(bytes);
        },
        digest: () => {
          const hash = new Uint8Array(state.digestBuffer());
          state.reset();
          if (spare.length < MAX_SPARE && !spare.includes(state)) spare.push(state);
          return hash;
        },
      };
    },
  };
}

function firstThatLoads(require: NodeJS.Require, [name = '', ...others]: readonly string[]): NativeModule {
  try {
    return require(name) as NativeModule;
  } catch (error) {
    if (others.length === 0) throw error;
    return firstThatLoads(require, others);
  }
}

let chosen: Blake3 | undefined;

/** The fastest implementation that works here: native, else WebAssembly, else TypeScript. Chosen once. */
export function fastestBlake3(): Blake3 {
  chosen ??= [loadNativeBlake3, () => wasmBlake3, () => nobleBlake3]
    .map(attempt)
    .find((backend) => backend !== undefined);
  return chosen ?? nobleBlake3;
}

function attempt(load: () => Blake3): Blake3 | undefined {
  try {
    const backend = load();
    return works(backend) ? backend : undefined;
  } catch {
    return undefined;
  }
}
