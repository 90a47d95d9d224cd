import * as vscode from 'vscode';
import type { PackageNode } from '../engine/browse/package-browser.ts';
import type { EngineClient } from './engine-client.ts';

/** Files inside packages: `s9pk:/folder/some.s9pk/images/x86_64/main.squashfs/etc/passwd`. */
export const SCHEME = 's9pk';

/** The address of something in a package. */
export function uriInPackage(file: vscode.Uri, path: string): vscode.Uri {
  return file.with({ scheme: SCHEME, path: `${file.path}/${path}` });
}

/** The package and the path in it that an address means. */
function parse(uri: vscode.Uri): { file: string; path: string } {
  const match = /^(.*?\.s9pk)(?:\/(.*))?$/is.exec(uri.path);
  if (!match) throw vscode.FileSystemError.FileNotFound(uri);
  return { file: vscode.Uri.file(match[1] ?? '').fsPath, path: match[2] ?? '' };
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
    const { bytes } = await this.engine.request('read', parse(uri));
    return bytes;
  }

  private async list(uri: vscode.Uri): Promise<{ node: PackageNode; children: readonly PackageNode[] }> {
    const { node, children } = await this.engine.request('list', parse(uri));
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
