import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { DependencyIcon } from '../engine/pack/dependencies/dependency-metadata.ts';
import type { ImageInput } from '../engine/pack/images/pack-images.ts';
import { ARCHITECTURES } from '../engine/package/parse-images.ts';
import type { DescribeRequest } from '../worker/protocol.ts';
import { fileOf } from './manifest/workspace-paths.ts';

/** The settings for a folder, typed. */
export interface Config {
  readonly images: readonly ImageInput[];
  readonly dependencyIcons: readonly DependencyIcon[];
  readonly keyFile: string | undefined;
  readonly buildBundle: 'auto' | 'never';
  /** The buildx builder for images; undefined: the one in use. */
  readonly builder: string | undefined;
  /** What images are compressed with; undefined: what every device mounts that can install the package. */
  readonly compressor: 'gzip' | 'xz' | 'zstd' | undefined;
  readonly knownSigners: Readonly<Record<string, string>>;
  readonly verifyInBackground: boolean;
}

/** A request about a package, as far as the user's settings and their trust in the workspace decide about it. */
export function aboutPackage(file: vscode.Uri): DescribeRequest {
  return {
    file: fileOf(file),
    knownSigners: readConfig(file).knownSigners,
    ownKeys: vscode.workspace.isTrusted,
  };
}

/** Reads the settings that hold for `folder`; paths in them are relative to it. */
export function readConfig(folder: vscode.Uri): Config {
  const config = vscode.workspace.getConfiguration('s9pk', folder);
  const resolve = (path: string) => (isAbsolute(path) ? path : join(folder.fsPath, path));
  const images = config.get<Record<string, string | Record<string, string>>>('images', {});
  const keyFile = config.get<string>('keyFile', '');
  return {
    images: Object.entries(images).flatMap(([id, value]) => toInputs(id, value, resolve)),
    dependencyIcons: Object.entries(textsOf(config.get('dependencyIcons', {}))).map(([id, path]) => ({
      id,
      path: resolve(path),
    })),
    keyFile: keyFile === '' ? undefined : resolve(keyFile),
    buildBundle: config.get<'auto' | 'never'>('buildBundle', 'auto'),
    builder: config.get<string>('builder', '') || undefined,
    compressor: compressorOf(config.get<string>('compressor', 'auto')),
    verifyInBackground: config.get<boolean>('verifyInBackground', true),
    // Copied, because settings are proxies, which cannot be sent to a worker; nor can what somebody nested in them.
    knownSigners: textsOf(config.get<Record<string, unknown> | null>('knownSigners', {})),
  };
}

function compressorOf(name: string): Config['compressor'] {
  return name === 'gzip' || name === 'xz' || name === 'zstd' ? name : undefined;
}

function textsOf(values: Readonly<Record<string, unknown>> | null): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function toInputs(id: string, value: string | Record<string, string>, resolve: (path: string) => string): ImageInput[] {
  if (typeof value === 'string') return [{ id, path: resolve(value) }];
  return Object.entries(value)
    .filter(([arch]) => (ARCHITECTURES as readonly string[]).includes(arch))
    .map(([arch, path]) => ({ id, arch, path: resolve(path) }));
}
