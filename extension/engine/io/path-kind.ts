import { stat } from 'node:fs/promises';

/** Whether there is a file at `path`, links followed; false for everything that cannot be looked at. */
export function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isFile(),
    () => false,
  );
}

/** Whether there is a folder at `path`, links followed. */
export function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}
