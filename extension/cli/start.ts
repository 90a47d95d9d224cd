import { createRequire } from 'node:module';
import * as zlib from 'node:zlib';

/**
 * Where the command line begins: on a Node that is too old the bundle does not even load, and what Node says of that helps nobody.
 * Whatever stands here must run on very old ones.
 */

/** What the engine needs and older ones lack: Zstandard in zlib, the last thing that came. */
const isNewEnough = 'zstdCompress' in zlib;

if (isNewEnough) {
  createRequire(__filename)('./cli.cjs');
} else {
  process.stderr.write(
    `s9pk: this is Node.js ${process.versions.node}, which is too old: s9pk needs 22.15, or 23.8, or newer (https://nodejs.org)\n`,
  );
  process.exitCode = 2;
}
