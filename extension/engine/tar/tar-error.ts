import { printableName } from '../archive/names.ts';

/** Where in an archive something is: the header's position in bytes, and the entry's name where it is known. */
export interface TarPlace {
  readonly position: number;
  readonly name?: string | undefined;
}

/** Names in messages are cut after this many characters. */
const SHOWN = 200;

/** Why a tar archive cannot be read, and at which entry. */
export class TarError extends Error {
  override readonly name = 'TarError';
  readonly position: number;
  constructor(message: string, { position, name }: TarPlace) {
    const what = name === undefined || name === '' ? '' : `${printableName(name.slice(0, SHOWN))}, `;
    super(`${message} (${what}tar header at byte ${position})`);
    this.position = position;
  }
}
