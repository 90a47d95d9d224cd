import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { NOTICES, noticesOf, shippedPackages } from './third-party.ts';

/** Builds everything into dist/: the extension, its worker, and the command line. */

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
await rm('dist', { recursive: true, force: true });
await mkdir('dist');

// blake3-wasm reads its WebAssembly from beside the code that loads it.
const blake3 = dirname(createRequire(import.meta.url).resolve('blake3-wasm/package.json'));
await copyFile(join(blake3, 'dist/wasm/nodejs/blake3_js_bg.wasm'), 'dist/blake3_js_bg.wasm');

/** What stands for import.meta.url in CommonJS. */
const importMetaUrl = 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;';

const shared = {
  bundle: true,
  // Says which packages are in a bundle.
  metafile: true,
  platform: 'node',
  // The Node of the oldest VS Code that is supported.
  target: 'node22.15',
  format: 'cjs',
  mainFields: ['module', 'main'],
  // Its "module" file imports one that was not published.
  alias: { 'blake3-wasm': join(blake3, 'dist/index.js') },
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // Optional and native: loaded at run time where it is installed.
  external: ['vscode', '@napi-rs/blake-hash', '@napi-rs/lzma'],
  define: { 'import.meta.url': 'importMetaUrl', S9PK_VERSION: JSON.stringify(version), HAS_DISK: 'true' },
  banner: { js: importMetaUrl },
  logLevel: 'warning',
} satisfies BuildOptions;
const metafiles: Metafile[] = [];

/** What knows manifests is a bundle of its own, which the extension loads when the first manifest is opened. */
const manifestApart: Plugin = {
  name: 'manifest-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/manifest\/service\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './manifest.cjs', external: true } : undefined,
    );
  },
};

metafiles.push(
  (
    await build({
      ...shared,
      entryPoints: {
        extension: 'extension/main.ts',
        worker: 'extension/worker/main.ts',
        manifest: 'extension/manifest/service.ts',
        // Where compression runs: a thread of its own, for the worker and for the command line.
        'compress-thread': 'extension/engine/squashfs/codec/compress-thread.ts',
      },
      outdir: 'dist',
      outExtension: { '.js': '.cjs' },
      plugins: [manifestApart],
      supported: { 'dynamic-import': false },
    })
  ).metafile,
);
/** What manifests are read with where there is no disk; only functions that are never called there need it. */
const noDisk: Plugin = {
  name: 'no-disk',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:fs\/promises$/ }, () => ({ path: 'no-disk', namespace: 'no-disk' }));
    onLoad({ filter: /.*/, namespace: 'no-disk' }, () => ({
      contents:
        'const none = () => Promise.reject(new Error("there is no disk here")); export { none as readFile, none as readdir, none as stat };',
    }));
  },
};
metafiles.push(
  (
    await build({
      ...shared,
      entryPoints: { web: 'extension/web.ts' },
      outdir: 'dist',
      outExtension: { '.js': '.cjs' },
      platform: 'browser',
      target: 'es2022',
      mainFields: ['browser', 'module', 'main'],
      alias: { 'node:path': 'path-browserify' },
      external: ['vscode'],
      define: { HAS_DISK: 'false' },
      banner: {},
      plugins: [noDisk],
      // Everything in one file: the browser's host loads no second one.
      supported: { 'dynamic-import': false },
    })
  ).metafile,
);
/** Decompressing and hashing without Node. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/(?:inflate|sha512)\.ts$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\.ts$/, '-in-browser.ts')),
    }));
  },
};
metafiles.push(
  (
    await build({
      ...shared,
      entryPoints: { 'web-worker': 'extension/worker/browser.ts' },
      outdir: 'dist',
      platform: 'browser',
      format: 'iife',
      target: 'es2022',
      mainFields: ['browser', 'module', 'main'],
      alias: { 'node:path': 'path-browserify' },
      external: [],
      define: {},
      banner: {},
      loader: { '.wasm': 'binary' },
      plugins: [withoutNode],
    })
  ).metafile,
);
metafiles.push(
  (
    await build({
      ...shared,
      entryPoints: { cli: 'extension/cli/entry.ts' },
      outdir: 'dist',
      outExtension: { '.js': '.cjs' },
      banner: { js: `#!/usr/bin/env node\n${importMetaUrl}` },
    })
  ).metafile,
);
await chmod('dist/cli.cjs', 0o755);
// The licences of what is in the bundles go with them.
await writeFile(NOTICES, noticesOf(shippedPackages(metafiles)));
