import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runNpm } from '../extension/engine/process/npm.ts';
import { writeDeclarations } from './declarations.ts';
import { formatSbom, shippedComponents } from './sbom.ts';

/**
 * Makes the npm package of the command line and the library from dist/: a folder with bundles, what they read, types and a
 * package.json of its own, its tarball, and beside it a list of what is in it (CycloneDX). Equal inputs make equal bytes.
 */

/** What ships of dist/, and what it reads from beside it. */
const BUNDLES = ['s9pk.cjs', 'cli.cjs', 'library.cjs', 'lsp.cjs', 'compress-thread.cjs'];
const READ = ['dist/blake3_js_bg.wasm', 'dist/third-party-notices.txt', 'docs/findings', 'templates', 'LICENSE'];
const OWN_FIELDS = ['name', 'version', 'license', 'repository', 'keywords', 'optionalDependencies'] as const;

const { values } = parseArgs({ options: { out: { type: 'string', default: '.' } } });
const out = resolve(values.out);
const project = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, unknown>;
const folder = join(out, '.npm-package');
await rm(folder, { recursive: true, force: true });
await mkdir(join(folder, 'dist'), { recursive: true });
try {
  for (const name of BUNDLES) await cp(join('dist', name), join(folder, 'dist', name));
  for (const path of READ) await cp(path, join(folder, path), { recursive: true });
  await cp('docs/npm.md', join(folder, 'README.md'));
  await writeDeclarations('extension/library/index.ts', join(folder, 'types'));
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(packageJson(), null, 2)}\n`);
  // Modes of our own: those of a clone depend on who made it.
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const isProgram = entry.name === 's9pk.cjs';
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), isProgram ? 0o755 : 0o644);
  }
  const packed = await runNpm(['pack', '--ignore-scripts', '--json', '--pack-destination', out], { cwd: folder });
  if (packed.code !== 0) throw new Error(`npm pack: ${packed.stderr}`);
  const [{ filename } = { filename: '' }] = JSON.parse(packed.stdout) as { filename: string }[];
  const name = String(project['name']);
  await rename(join(out, filename), join(out, `${name}.tgz`));
  await writeFile(join(out, `${name}.npm.cdx.json`), await formatSbom(await shippedComponents(BUNDLES)));
  console.log(join(values.out, `${name}.tgz`));
} finally {
  await rm(folder, { recursive: true, force: true });
}

function packageJson(): object {
  return {
    ...Object.fromEntries(OWN_FIELDS.map((field) => [field, project[field]])),
    description: 'Packs, verifies and shows StartOS service packages (.s9pk): the s9pk command line, and a library',
    type: 'commonjs',
    bin: { s9pk: 'dist/s9pk.cjs' },
    main: './dist/library.cjs',
    types: './types/library/index.d.ts',
    exports: {
      '.': { types: './types/library/index.d.ts', default: './dist/library.cjs' },
      './package.json': './package.json',
    },
    // Zstandard came to zlib in these.
    engines: { node: '^22.15.0 || >=23.8.0' },
  };
}
