import { type ByteSource, MemorySource } from '../io/byte-source.ts';
import { type JsonObject, printJson } from '../package/json.ts';
import type { DirectoryNode, FileNode } from '../squashfs/node.ts';

/** What servers tell a converted package by; it is there even if the package has no scripts. */
const SCRIPT = 'embassy.js';
/** The manifest that was, from which the compatibility layer of StartOS 0.4 runs the package. */
const OLD_MANIFEST = 'embassyManifest.json';

/**
 * What `javascript.squashfs` of a converted package holds (s9pk-v1 section 8).
 * @param scripts undefined if the package has none
 * @param mtime seconds since 1970
 */
export function javascriptTree(manifest: JsonObject, scripts: ByteSource | undefined, mtime: number): DirectoryNode {
  const owner = { uid: 0, gid: 0, mtime };
  const file = (content: ByteSource): FileNode => ({ kind: 'file', mode: 0o644, ...owner, content });
  const json = new MemorySource(new TextEncoder().encode(printJson(manifest)));
  const children = new Map([
    [SCRIPT, file(scripts ?? new MemorySource(new Uint8Array(0)))],
    [OLD_MANIFEST, file(json)],
  ]);
  return { kind: 'directory', mode: 0o755, ...owner, children };
}
