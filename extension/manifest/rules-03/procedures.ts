import { pointer } from '../../engine/json/json-pointer.ts';
import { child, type DataNode, keysOf, stringOf } from '../meaning/data-tree.ts';

/** One procedure of a manifest: what runs, where it is written, and what is demanded of it. */
export interface Procedure {
  readonly path: string;
  readonly node: DataNode;
  /** Docker procedures need `io-format` here (s9pk-v1 section 6, rule P4). */
  readonly needsIoFormat: boolean;
  /** Verification checks it; it never looks at those of dependencies. */
  readonly isVerified: boolean;
  /** Packing counts it when it decides whether scripts are packed; it forgets some. */
  readonly isCounted: boolean;
}

/** All procedures of a manifest, in the file's order. */
export function proceduresOf(root: DataNode): Procedure[] {
  const found: Procedure[] = [];
  const add = (path: string, node: DataNode | undefined, flags: Partial<Procedure> = {}) => {
    if (node?.kind !== 'object') return;
    found.push({ path, node, needsIoFormat: false, isVerified: true, isCounted: true, ...flags });
  };
  const at = (...keys: string[]): [string, DataNode | undefined] => {
    let node: DataNode | undefined = root;
    let path = '';
    for (const key of keys) {
      node = child(node, key);
      path = pointer(path, key);
    }
    return [path, node];
  };
  add(...at('main'));
  for (const id of keysOf(child(root, 'health-checks'))) add(...at('health-checks', id), { isCounted: false });
  for (const key of ['get', 'set']) add(...at('config', key), { needsIoFormat: true });
  add(...at('properties'), { needsIoFormat: true });
  for (const key of ['create', 'restore']) add(...at('backup', key));
  for (const key of ['from', 'to']) {
    const [, ranges] = at('migrations', key);
    for (const range of keysOf(ranges)) add(...at('migrations', key, range), { needsIoFormat: true });
  }
  for (const id of keysOf(child(root, 'actions'))) add(...at('actions', id, 'implementation'), { needsIoFormat: true });
  for (const id of keysOf(child(root, 'dependencies'))) {
    for (const key of ['check', 'auto-configure'])
      add(...at('dependencies', id, 'config', key), { isVerified: false, isCounted: false });
  }
  return found;
}

export function isScript({ node }: Procedure): boolean {
  return stringOf(child(node, 'type')) === 'script';
}

/** The images of the package that verified procedures run, with the pointer of the first that does. */
export function imagesUsed(root: DataNode): Map<string, string> {
  const used = new Map<string, string>();
  for (const { node, path, isVerified } of proceduresOf(root)) {
    const image = stringOf(child(node, 'image'));
    const system = child(node, 'system');
    const isSystem = system?.kind === 'value' && system.value === true;
    if (image !== undefined && isVerified && !isSystem && !used.has(image)) used.set(image, path);
  }
  return used;
}
