import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The signing key as a file that only its owner reads, in a folder of its own, until the end of the block (`await using`). */
export class KeyFile implements AsyncDisposable {
  readonly path: string;
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.path = join(folder, 'key.pem');
  }

  static async write(temporary: string, key: string): Promise<KeyFile> {
    // Made for us alone, whatever the umask is.
    const file = new KeyFile(await mkdtemp(join(temporary, 'key-')));
    await writeFile(file.path, `${key}\n`, { mode: 0o600, flag: 'wx' });
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
