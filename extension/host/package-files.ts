import * as vscode from 'vscode';
import type { PackageNode } from '../engine/browse/package-browser.ts';
import { fromHex, toHex } from '../engine/bytes.ts';
import type { LookRequest } from '../worker/protocol.ts';
import type { EngineClient } from './engine-client.ts';
import { fileOf } from './workspace-paths.ts';

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

  /** A package that is made anew is reported by the tree; its open files are read again when they are shown again. */
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    const { node } = await this.list(uri);
    const mtime = (node.mtime ?? 0) * 1000;
    return { type: typeOf(node), ctime: mtime, mtime, size: node.size, permissions: vscode.FilePermission.Readonly };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    const { children } = await this.list(uri);
    return children.map((child) => [child.name, typeOf(child)]);
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { bytes } = await this.engine.request('read', requestOf(uri));
    return bytes;
  }

  private async list(uri: vscode.Uri): Promise<{ node: PackageNode; children: readonly PackageNode[] }> {
    const { node, children } = await this.engine.request('list', requestOf(uri));
    if (!node) throw vscode.FileSystemError.FileNotFound(uri);
    return { node, children };
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
