import * as vscode from 'vscode';
import type { PackageNode } from '../../engine/browse/package-browser.ts';
import { fromHex, toHex } from '../../engine/bytes.ts';
import { visibleText } from '../../engine/visible-text.ts';
import type { LookRequest } from '../../worker/protocol.ts';
import type { EngineClient } from '../engine/client.ts';
import { fileOf } from '../manifest/workspace-paths.ts';
import { statFile } from '../stat-file.ts';

/** Names that are asked of the worker at once. */
const NAMES_AT_ONCE = 20_000;

/** Files inside packages: `s9pk:/folder/some.s9pk/images/x86_64/main.squashfs/etc/passwd`. */
export const SCHEME = 's9pk';

/** The address of something in a package. Of one that is on no disk of this machine, the authority says where it is. */
export function uriInPackage(file: vscode.Uri, path: string): vscode.Uri {
  const { scheme, authority } = file;
  const isHere = scheme === 'file' && authority === '';
  // In hexadecimal, since authorities are printed in lower case.
  const where = isHere ? '' : toHex(new TextEncoder().encode(`${scheme}://${authority}`));
  return file.with({ scheme: SCHEME, authority: where, path: `${file.path}/${path}` });
}

/** The package and the path in it that an address means. */
export function packageOf(uri: vscode.Uri): { file: vscode.Uri; path: string } {
  const match = /^(.*?\.s9pk)(?:\/(.*))?$/is.exec(uri.path);
  if (!match) throw vscode.FileSystemError.FileNotFound(uri);
  const [, path = '', inside = ''] = match;
  if (uri.authority === '') return { file: vscode.Uri.file(path), path: inside };
  const [scheme = '', authority = ''] = new TextDecoder().decode(fromHex(uri.authority)).split('://');
  return { file: vscode.Uri.from({ scheme, authority, path }), path: inside };
}

function requestOf(uri: vscode.Uri): LookRequest {
  const { file, path } = packageOf(uri);
  return { file: fileOf(file), path };
}

/** A read-only file system of what is in packages, images included; links lead nowhere out of their image. */
export class PackageFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  private readonly engine: EngineClient;

  constructor(engine: EngineClient) {
    this.engine = engine;
  }

  /** Packages that are made again are watched by the sidebar, which tells of them. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { node } = await this.ask(uri, this.engine.request('stat', requestOf(uri)));
    if (!node) throw vscode.FileSystemError.FileNotFound(uri);
    const mtime = (node.mtime ?? 0) * 1000;
    return { type: typeOf(node), ctime: mtime, mtime, size: node.size, permissions: vscode.FilePermission.Readonly };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    const names: [string, vscode.FileType][] = [];
    for (let isCut = true; isCut; ) {
      const page = { ...requestOf(uri), from: names.length, count: NAMES_AT_ONCE };
      const answer = await this.ask(uri, this.engine.request('list', page));
      if (!answer.node) throw vscode.FileSystemError.FileNotFound(uri);
      for (const child of answer.children) names.push([child.name, typeOf(child)]);
      isCut = answer.isCut;
    }
    return names;
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { bytes } = await this.ask(uri, this.engine.request('read', requestOf(uri)));
    return bytes;
  }

  /** What is open of a package that was made again is read again. */
  packageChanged(file: vscode.Uri): void {
    const root = uriInPackage(file, '').toString();
    const open = vscode.workspace.textDocuments.filter(({ uri }) => uri.toString().startsWith(root));
    const changes = open.map(({ uri }) => ({ type: vscode.FileChangeType.Changed, uri }));
    if (changes.length > 0) this.changed.fire(changes);
  }

  /** Whatever is wrong is what VS Code knows as an error of files. */
  private async ask<T>(uri: vscode.Uri, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof vscode.FileSystemError || error instanceof vscode.CancellationError) throw error;
      const isGone = !(await statFile(packageOf(uri).file));
      if (isGone) throw vscode.FileSystemError.FileNotFound(uri);
      throw vscode.FileSystemError.Unavailable(visibleText((error as Error).message));
    }
  }

  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.changed.dispose();
  }
}

/** An image is a folder here: who opens one wants what is in it. */
function typeOf({ kind, isImage }: PackageNode): vscode.FileType {
  if (kind === 'directory' || isImage) return vscode.FileType.Directory;
  if (kind === 'file') return vscode.FileType.File;
  return kind === 'symlink' ? vscode.FileType.SymbolicLink : vscode.FileType.Unknown;
}
