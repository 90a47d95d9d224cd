import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { tarOf } from './tars.ts';
import { tool } from './tools.ts';
import { PNG } from './wrapper-03.ts';

/** Wrappers for StartOS 0.3 that are made of a manifest alone, and the tools that those for 0.4 are held against. */

export const TEMPLATES = resolve('templates');

/** The files that a manifest of 0.3 names. */
export async function folderOf(manifest: string, folder: string, more: Readonly<Record<string, string>> = {}) {
  const text = readFileSync(manifest, 'utf8');
  const name = `manifest${/\.\w+$/.exec(basename(manifest))?.[0] ?? '.yaml'}`;
  await write(folder, { [name]: text, ...more });
}

/** Writes a wrapper's files with an icon, a licence, instructions and a Dockerfile where there is none among them. */
export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const all: Record<string, string | Uint8Array> = {
    LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge.\n',
    'icon.png': PNG,
    'instructions.md': '# Instructions\n',
    Dockerfile: 'FROM busybox:stable\n',
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** The packages that a wrapper installs are those of this project. */
export async function installed(folder: string): Promise<void> {
  await symlink(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
}

/** Checks the types of one or several wrappers with the real TypeScript and the real SDK. */
export async function checkTypes(folder: string): Promise<void> {
  await tool(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '--noEmit'], { cwd: folder });
}

/** The smallest image that has what a service needs. */
export function rootOf(): Uint8Array {
  return tarOf([{ name: 'etc/' }, { name: 'etc/passwd', content: '' }, { name: 'etc/group', content: '' }]);
}
