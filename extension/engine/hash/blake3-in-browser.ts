import * as glue from 'blake3-wasm/dist/wasm/web/blake3_js.js';
import wasm from 'blake3-wasm/dist/wasm/web/blake3_js_bg.wasm';
import { type Blake3, HASH_SIZE, nobleBlake3, wasmPieces, works } from './blake3.ts';

/** Its types are read as those of a CommonJS module, which it is not. */
const start = glue.default as unknown as (wasm: Uint8Array<ArrayBuffer>) => Promise<unknown>;

/** The fastest implementation that works in a browser: WebAssembly, else TypeScript. */
export async function loadBlake3InBrowser(): Promise<Blake3> {
  try {
    await start(wasm);
    if (works(wasmInBrowser)) return wasmInBrowser;
  } catch {
    // A browser may forbid WebAssembly.
  }
  return nobleBlake3;
}

const wasmInBrowser: Blake3 = {
  name: 'wasm',
  create() {
    const state = glue.create_hasher();
    return {
      update(bytes) {
        for (const piece of wasmPieces(bytes)) state.update(piece);
      },
      digest() {
        const hash = new Uint8Array(HASH_SIZE);
        state.digest(hash);
        state.free();
        return hash;
      },
    };
  },
};
