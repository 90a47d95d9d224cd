import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNpm } from '../extension/engine/process/npm.ts';

/** What ships, as a software bill of materials in CycloneDX's JSON: the packages in bundles, and native modules. */

/** What of a package's entry in the lock file matters here. */
interface Locked {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The folders in node_modules of what is in bundles. @param bundles names in dist/ */
export async function shippedComponents(bundles: readonly string[]): Promise<string[]> {
  const inBundles = JSON.parse(await readFile('dist/packages.json', 'utf8')) as Record<string, string[]>;
  const folders = bundles.map((bundle) => {
    const known = inBundles[bundle];
    if (!known) throw new Error(`dist/packages.json does not know ${bundle}; run: npm run build`);
    return known;
  });
  return [...new Set(folders.flat())].sort();
}

/**
 * The bill of the packages in `folders` of node_modules, with hashes and licences as npm knows them from the lock file. No time and
 * no random number are in it.
 */
export async function formatSbom(folders: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 's9pk-sbom-'));
  // npm names what it is asked about by its folder.
  const project = join(folder, 's9pk-studio');
  try {
    await mkdir(project);
    await writeShippedLock(project, folders);
    const args = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx', '--sbom-type', 'application'];
    const { code, stdout, stderr } = await runNpm(args, { cwd: project });
    if (code !== 0) throw new Error(`npm sbom: ${stderr}`);
    const {
      serialNumber: _random,
      metadata,
      ...bom
    } = JSON.parse(stdout) as {
      serialNumber: string;
      metadata: { timestamp: string };
    };
    const { timestamp: _now, ...known } = metadata;
    return `${JSON.stringify({ ...bom, metadata: known }, null, 2)}\n`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A project that depends on what ships and nothing else: to npm, what is bundled is for development only. */
async function writeShippedLock(folder: string, folders: readonly string[]): Promise<void> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as { packages: Record<string, Locked> };
  const { name, version, license } = JSON.parse(await readFile('package.json', 'utf8')) as Record<string, string>;
  const names = new Set(folders.map(nameOf));
  const shippedOf = (wanted: Readonly<Record<string, string>> | undefined) =>
    Object.fromEntries(Object.entries(wanted ?? {}).filter(([other]) => names.has(other)));
  const packages = folders.map((path) => {
    const locked = lock.packages[path];
    if (!locked?.version) throw new Error(`package-lock.json does not know ${path}`);
    const { dependencies, optionalDependencies, ...rest } = locked;
    const { dev: _dev, optional: _optional, peerDependencies: _peers, ...own } = rest as Record<string, unknown>;
    return [path, { ...own, dependencies: shippedOf({ ...dependencies, ...optionalDependencies }) }] as const;
  });
  const dependencies = Object.fromEntries(folders.map((path) => [nameOf(path), lock.packages[path]?.version]));
  const root = { name, version, license, dependencies };
  await writeFile(join(folder, 'package.json'), JSON.stringify(root));
  const shipped = {
    name,
    version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': root, ...Object.fromEntries(packages) },
  };
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify(shipped));
}

const nameOf = (path: string) => path.replace(/^.*node_modules\//, '');
