import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MemorySink } from '../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import type { FsNode } from '../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../extension/engine/squashfs/write/writer.ts';
import { archiveBytes, blake3 } from '../support/archives.ts';
import { validPackage } from '../support/packages.ts';
import { onWindows, type WindowsNode } from './wine.ts';

/** Names that are ordinary in an image of Linux, and lead elsewhere on Windows, or nowhere. */
const HOSTILE = [
  '..\\..\\escaped',
  '\\absolute',
  'c:escaped',
  'fine:stream',
  'con',
  'NUL.txt',
  'aux .tar.gz',
  'COM¹',
  'LPT9',
  'conout$',
  'ends in a dot.',
  'ends in a space ',
  'what?',
  'a*',
  '<>',
  'a|b',
  '"',
  'tab\tbell\u0007',
];
const FINE = ['fine', 'console', 'communicate', 'com10', 'Grüße', '.hidden', 'a.b.c'];

/** A package whose image has all of these names, in its root and in a folder. */
async function hostilePackage(): Promise<Uint8Array> {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  const fileOf = (text: string): FsNode => ({
    kind: 'file',
    ...attributes,
    content: new MemorySource(Buffer.from(text)),
  });
  const files = [...HOSTILE, ...FINE].map((name) => [name, fileOf(name)] as const);
  const inner: FsNode = { kind: 'directory', ...attributes, children: new Map(files) };
  const link: FsNode = { kind: 'symlink', ...attributes, target: '..\\..\\escaped' };
  const root = {
    kind: 'directory' as const,
    ...attributes,
    children: new Map<string, FsNode>([...files, ['inner', inner], ['link', link]]),
  };
  const sink = new MemorySink();
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  return archiveBytes(validPackage({ 'javascript.squashfs': sink.bytes() }));
}

/** The command line extracts an image of hostile names: those are left out by name, nothing else is, and nothing escapes. */
export async function checkExtraction(windows: WindowsNode, cli: string): Promise<void> {
  const folder = join(windows.folder, 'deep', 'er');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'hostile.s9pk'), await hostilePackage());
  const args = ['extract', 'hostile.s9pk', 'javascript.squashfs/', '-o', 'out', '--json'];
  const { code, stdout, stderr } = await windows.run([onWindows(cli), ...args], { cwd: folder });
  assert.equal(code, 0, stderr);
  const { findings } = JSON.parse(stdout) as { findings: { code: string; where: { path?: string } }[] };
  assert.deepEqual([...new Set(findings.map((found) => found.code))], ['extract-skipped']);
  assert.equal(findings.length, 2 * HOSTILE.length + 1, stdout);
  const out = join(folder, 'out');
  assert.deepEqual((await readdir(out)).sort(), [...FINE, 'inner'].sort());
  assert.deepEqual((await readdir(join(out, 'inner'))).sort(), [...FINE].sort());
  for (const name of FINE) assert.equal(await readFile(join(out, 'inner', name), 'utf8'), name);
  assert.deepEqual((await readdir(folder)).sort(), ['hostile.s9pk', 'out']);
  assert.deepEqual(await readdir(join(folder, '..')), ['er']);
  assert.ok((await stat(out)).isDirectory());
}
