import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandoned } from '../../image/cache/cache-folder.ts';
import { cacheFolder } from '../../image/cache/image-cache.ts';

/** A picture as it is packed. */
export interface Icon {
  readonly bytes: Uint8Array;
  /** MIME type without parameters. */
  readonly mime: string;
}

/** An icon that was fetched before. */
export interface KeptIcon extends Icon {
  /** When it was fetched, in ISO 8601. */
  readonly fetched: string;
}

/** The last icon that each address gave, so that a package can be made again without a network. */
export class IconCache {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The one of whoever runs us, inside the cache of images, and cleared with it. */
  static ofUser(env: NodeJS.ProcessEnv): IconCache {
    return new IconCache(join(cacheFolder(env), 'icons'));
  }

  /** What was fetched from an address last; undefined if nothing was, or it cannot be read. */
  async take(url: string): Promise<KeptIcon | undefined> {
    try {
      const { mime, fetched, base64 } = JSON.parse(await readFile(this.fileOf(url), 'utf8')) as Record<string, unknown>;
      if (typeof mime !== 'string' || typeof fetched !== 'string' || typeof base64 !== 'string') return undefined;
      return { bytes: Buffer.from(base64, 'base64'), mime, fetched };
    } catch {
      return undefined;
    }
  }

  /** Keeps what an address gave; failing to is no failure of whoever packs. */
  async put(url: string, { bytes, mime }: Icon): Promise<void> {
    const file = this.fileOf(url);
    const staged = `${file}.tmp-${randomUUID()}`;
    const record = { url, mime, fetched: new Date().toISOString(), base64: Buffer.from(bytes).toString('base64') };
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFile(staged, JSON.stringify(record));
      await rename(staged, file);
      await removeAbandoned(this.folder);
    } catch {
      await rm(staged, { force: true }).catch(() => undefined);
    }
  }

  private fileOf(url: string): string {
    return join(this.folder, `${createHash('sha256').update(url).digest('hex')}.json`);
  }
}
