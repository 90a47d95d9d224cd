import { posix } from 'node:path';
import { child, type DataNode, keysOf } from '../../meaning/data-tree.ts';
import { Evaluator } from '../../meaning/evaluate.ts';
import { Modules } from '../../meaning/modules.ts';
import { entriesAt, isTrueAt, textAt, textsAt } from '../read.ts';

/** The specification of a configuration that was found without running anything. */
export interface FoundSpec {
  readonly spec: DataNode;
  /** The file that it stands in. */
  readonly file: string;
  /** `compat` keeps what is configured in `start9/config.yaml`; scripts of their own keep it wherever they want. */
  readonly keeper: 'compat' | 'script';
}

const TYPES = ['boolean', 'string', 'number', 'enum', 'list', 'object', 'union', 'pointer'];

/**
 * Looks for the specification that `config.get` gives: a file that the image compat is given, what the scripts give to
 * `compat.getConfig`, or an object of theirs that looks like one. Only texts that are handed over are read.
 */
export async function findConfigSpec(
  manifest: DataNode,
  texts: ReadonlyMap<string, string>,
): Promise<FoundSpec | undefined> {
  const get = child(child(manifest, 'config'), 'get');
  if (get?.kind !== 'object') return undefined;
  if (textAt(get, 'type') === 'docker') return specOfCompat(manifest, get, texts);
  const scripts = [...texts].filter(([path]) => /\.[jt]s$/.test(path));
  // Those that are called as the function is come first.
  const named = scripts.filter(([, text]) => /\bgetConfig\b/.test(text));
  const sources = named.sort(([a], [b]) => Number(/getConfig/.test(b)) - Number(/getConfig/.test(a)));
  for (const [file] of sources) {
    const found = await specInScript(file, texts);
    if (found) return found;
  }
  return undefined;
}

/** `compat config get /root /mnt/assets/config_spec.yaml`: a file in a volume of assets. */
async function specOfCompat(
  manifest: DataNode,
  get: DataNode,
  texts: ReadonlyMap<string, string>,
): Promise<FoundSpec | undefined> {
  if (!isTrueAt(get, 'system')) return undefined;
  const assets = (textAt(manifest, 'assets', 'assets') ?? 'assets').replace(/^\.\/|\/+$/g, '');
  for (const arg of textsAt(get, 'args').filter((text) => /\.ya?ml$/.test(text))) {
    for (const [volume, mountpoint] of entriesAt(get, 'mounts')) {
      const at = textAt(mountpoint);
      if (at === undefined || !arg.startsWith(`${at.replace(/\/+$/, '')}/`)) continue;
      const file = posix.join(assets, volume, arg.slice(at.replace(/\/+$/, '').length));
      const modules = await load(file, texts);
      const spec = modules && evaluate(modules);
      if (spec && looksLikeSpec(spec)) return { spec, file, keeper: 'compat' };
    }
  }
  return undefined;
}

/** The argument of `compat.getConfig`, else an object at the top of the module. */
async function specInScript(file: string, texts: ReadonlyMap<string, string>): Promise<FoundSpec | undefined> {
  const modules = await load(file, texts);
  if (!modules) return undefined;
  const { manifest } = modules;
  const node = manifest.text.declarations.get('getConfig');
  const evaluator = new Evaluator(modules, new Map());
  const [given] = node?.kind === 'expression' && node.expression.operator === 'call' ? node.expression.args : [];
  if (given) {
    const spec = evaluator.evaluate(given, manifest);
    if (spec.kind === 'object') return { spec, file, keeper: 'compat' };
  }
  for (const declared of manifest.text.declarations.values()) {
    const spec = declared.kind === 'object' ? evaluator.evaluate(declared, manifest) : undefined;
    if (spec && looksLikeSpec(spec)) return { spec, file, keeper: 'script' };
  }
  return undefined;
}

function load(file: string, texts: ReadonlyMap<string, string>): Promise<Modules | undefined> {
  return Modules.load(file, async (path) => {
    const text = texts.get(path.replaceAll('\\', '/'));
    // Names that are taken out of a list are not followed; the first of this one is the function.
    return text?.replace(/\[\s*getConfig\s*,[^\]=]{0,200}\]\s*=/, 'getConfig =');
  });
}

function evaluate(modules: Modules): DataNode | undefined {
  const { root } = modules.manifest.text;
  return root && new Evaluator(modules, new Map()).evaluate(root, modules.manifest);
}

function looksLikeSpec(node: DataNode): boolean {
  if (node.kind !== 'object' || keysOf(node).length === 0) return false;
  return node.properties.every(
    ({ value }) => TYPES.includes(textAt(value, 'type') ?? '') && textAt(value, 'name') !== undefined,
  );
}
