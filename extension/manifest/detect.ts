import { basename } from 'node:path';
import { TYPESCRIPT_MANIFESTS } from '../engine/pack/bundle/typescript-manifests.ts';
import { child, type DataNode, keysOf, stringOf } from './meaning/data-tree.ts';
import { pathsLike } from './paths.ts';
import type { Generation } from './schema/schema.ts';

/** Manifests that are data, in the order in which the tools of 0.3 look for them; the first that exists is taken. */
export const PLAIN_MANIFESTS: readonly string[] = ['manifest.toml', 'manifest.yaml', 'manifest.json', 'manifest.yml'];

/** Keys that only manifests of one generation have at the top. */
const TELLING_KEYS: Readonly<Record<Generation, readonly string[]>> = {
  '0.3': [
    'wrapper-repo',
    'upstream-repo',
    'release-notes',
    'health-checks',
    'eos-version',
    'support-site',
    'marketing-site',
  ],
  '0.4': ['packageRepo', 'upstreamRepo', 'releaseNotes', 'canMigrateTo', 'canMigrateFrom', 'marketingUrl', 'osVersion'],
};

/** Names that wrappers of each generation have in their folder and other projects hardly do. */
const TELLING_NEIGHBOURS: Readonly<Record<Generation, readonly string[]>> = {
  '0.3': ['docker_entrypoint.sh', 'docker-images', 'image.tar', 'instructions.md'],
  '0.4': ['startos', '.startos', 's9pk.mk'],
};

/**
 * Which generation a plain manifest (JSON, YAML or TOML) is of, by what it says: `main.type` makes it 0.3; otherwise keys
 * that only one has, two of them, or one beside files that such wrappers have. Undefined: it is something else.
 * @param neighbours names in the manifest's folder
 */
export function detectGeneration(
  root: DataNode | undefined,
  neighbours: readonly string[] = [],
): Generation | undefined {
  if (root?.kind !== 'object') return undefined;
  const type = stringOf(child(child(root, 'main'), 'type'));
  if (type === 'docker' || type === 'script') return '0.3';
  const keys = keysOf(root);
  const score = (generation: Generation): number =>
    keys.filter((key) => TELLING_KEYS[generation].includes(key)).length * 2 +
    (keys.includes('id') ? 1 : 0) +
    (neighbours.some((name) => TELLING_NEIGHBOURS[generation].includes(name)) ? 2 : 0);
  const [older, newer] = [score('0.3'), score('0.4')];
  if (Math.max(older, newer) < 3) return undefined;
  return older > newer ? '0.3' : '0.4';
}

/** Whether a text is likely a manifest of 0.3, for those who must not parse it: two keys that only they have. */
export function looksLike03(text: string): boolean {
  return TELLING_KEYS['0.3'].filter((key) => text.includes(key)).length >= 2;
}

/** Whether a file may hold a manifest, by its name. */
export function mayBeManifest(file: string): boolean {
  return /^manifest\.(?:toml|ya?ml|json)$/i.test(basename(file)) || isTypeScriptManifest(file);
}

/** The files that may hold the manifest which a file is, or whose code it is: the first in which there is one does. */
export function manifestsFor(file: string): string[] {
  const own = mayBeManifest(file) ? [file] : [];
  const startos = /^(.*[\\/]startos)[\\/]/.exec(file)?.[1];
  if (startos === undefined) return own;
  const { dirname, join } = pathsLike(file);
  return [...new Set([...own, ...TYPESCRIPT_MANIFESTS.map((name) => join(dirname(startos), name))])];
}

/** `startos/manifest/index.ts`, `startos/manifest.ts`, `startos/index.ts`. */
export function isTypeScriptManifest(file: string): boolean {
  return /(?:^|[\\/])startos[\\/](?:manifest[\\/]index|manifest|index)\.ts$/i.test(file);
}

/** The folder of the wrapper that a manifest's file belongs to: its own, or the one above `startos`. */
export function folderOfManifest(file: string): string {
  const { dirname } = pathsLike(file);
  const folder = dirname(file);
  if (!isTypeScriptManifest(file)) return folder;
  return /[\\/]manifest[\\/]index\.ts$/i.test(file) ? dirname(dirname(folder)) : dirname(folder);
}

/** A wrapper's TypeScript: any of its files may be a part of its manifest, or name what that declares. */
export function isWrapperCode(file: string): boolean {
  return /[\\/]startos[\\/].*\.ts$/i.test(file);
}

/** Whether a file may be a manifest or a part of one, by its name alone. */
export function looksLikeManifest(file: string): boolean {
  return /^manifest\.(?:ya?ml|json|toml)$/i.test(basename(file)) || isWrapperCode(file);
}

/** Whether two files may be of one manifest: the same one, or one beside the other's code in the same wrapper. */
export function areTogether(a: string, b: string): boolean {
  const isBeside = (code: string, file: string) => {
    const startos = isWrapperCode(code) ? /^.*[\\/]startos[\\/]/is.exec(code)?.[0] : undefined;
    return startos !== undefined && file.startsWith(startos);
  };
  return a === b || isBeside(a, b) || isBeside(b, a);
}

/** The folder of the wrapper that a file is of, by its path: the one above `startos` for its code, else the file's own. */
export function wrapperOf(file: string): string {
  const above = /^(.*)[\\/]startos[\\/].*\.ts$/is.exec(file)?.[1];
  return above ?? pathsLike(file).dirname(file);
}
