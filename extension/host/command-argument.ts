import * as vscode from 'vscode';

/** What a command was called on, as menus, trees and other extensions say it. */

/** The resource a command was called on: from a menu, or from an item of our tree. */
export function resourceOf(argument: unknown): vscode.Uri | undefined {
  if (argument instanceof vscode.Uri) return argument;
  if (typeof argument === 'object' && argument !== null && 'resourceUri' in argument) {
    return argument.resourceUri instanceof vscode.Uri ? argument.resourceUri : undefined;
  }
  return undefined;
}

/** A package, or something in one, as a menu of our tree gives it. */
interface InPackage {
  readonly file: vscode.Uri;
  readonly path: string;
}

export function placeOf(argument: unknown): InPackage | undefined {
  if (typeof argument !== 'object' || argument === null || !('file' in argument)) return undefined;
  const { file } = argument;
  const inner = 'entry' in argument ? argument.entry : 'inner' in argument ? argument.inner : undefined;
  const path = typeof inner === 'object' && inner !== null && 'path' in inner ? inner.path : undefined;
  return file instanceof vscode.Uri && typeof path === 'string' ? { file, path } : undefined;
}
