import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { NOTICES, noticesOf, shippedPackages } from './third-party.ts';

/** Builds everything into dist/: the extension, its worker, the command line, the library and the language server. */

const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
await rm('dist', { recursive: true, force: true });
await mkdir('dist');

// blake3-wasm reads its WebAssembly from beside the code that loads it.
const blake3 = dirname(createRequire(import.meta.url).resolve('blake3-wasm/package.json'));
await copyFile(join(blake3, 'dist/wasm/nodejs/blake3_js_bg.wasm'), 'dist/blake3_js_bg.wasm');

/** The folders in node_modules of all packages that are in a bundle, by the bundle's name: what ships, for the SBOM. */
const packagesInBundles: Record<string, string[]> = {};
const metafiles: Metafile[] = [];

async function bundle(options: BuildOptions): Promise<void> {
  const { metafile } = await build({ ...options, metafile: true });
  metafiles.push(metafile);
  for (const [path, { inputs }] of Object.entries(metafile.outputs)) {
    const folders = Object.keys(inputs).map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
    packagesInBundles[basename(path)] = [...new Set(folders)].filter((folder) => folder !== undefined).sort();
  }
}

/** What stands for import.meta.url in CommonJS. */
const importMetaUrl = 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;';

const shared = {
  bundle: true,
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

/** What knows manifests is a bundle of its own, which the extension loads when the first manifest is opened. */
const manifestApart: Plugin = {
  name: 'manifest-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/manifest\/service\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './manifest.cjs', external: true } : undefined,
    );
  },
};
/** The language server is one too, which the command line loads for that verb alone. */
const lspApart: Plugin = {
  name: 'lsp-apart',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/lsp\/serve\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './lsp.cjs', external: true } : undefined,
    );
  },
};

await bundle({
  ...shared,
  entryPoints: {
    extension: 'extension/main.ts',
    worker: 'extension/worker/main.ts',
    manifest: 'extension/manifest/service.ts',
    lsp: 'extension/lsp/serve.ts',
    // Where compression runs: a thread of its own, for the worker and for the command line.
    'compress-thread': 'extension/engine/squashfs/codec/compress-thread.ts',
  },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  plugins: [manifestApart],
  supported: { 'dynamic-import': false },
});
/** What manifests are read with where there is no disk; only functions that are never called there need it. */
const noDisk: Plugin = {
  name: 'no-disk',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:fs\/promises$/ }, () => ({ path: 'no-disk', namespace: 'no-disk' }));
    onLoad({ filter: /.*/, namespace: 'no-disk' }, () => ({
      contents:
        'const none = () => Promise.reject(Object.assign(new Error("there is no disk here"), { code: "ENOENT" })); export { none as readFile, none as readdir, none as stat };',
    }));
  },
};
await bundle({
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
});
/** Decompressing and hashing without Node. */
const withoutNode: Plugin = {
  name: 'without-node',
  setup: ({ onResolve }) => {
    onResolve({ filter: /\/(?:inflate|sha512)\.ts$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\.ts$/, '-in-browser.ts')),
    }));
  },
};
await bundle({
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
});
await bundle({
  ...shared,
  entryPoints: { cli: 'extension/cli/entry.ts', library: 'extension/library/index.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  plugins: [lspApart],
  supported: { 'dynamic-import': false },
});
// What starts the command line, so that a Node that cannot even load it hears why.
await bundle({
  ...shared,
  entryPoints: { s9pk: 'extension/cli/start.ts' },
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  target: 'node10',
  external: ['./cli.cjs'],
  banner: { js: '#!/usr/bin/env node' },
});
await chmod('dist/s9pk.cjs', 0o755);
await writeFile('dist/packages.json', `${JSON.stringify(packagesInBundles, null, 2)}\n`);
// The licences of what is in the bundles go with them.
await writeFile(NOTICES, noticesOf(shippedPackages(metafiles)));
