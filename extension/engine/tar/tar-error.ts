/** Why a tar archive cannot be read; `position` is the offending header's, in bytes. */
export class TarError extends Error {
  override readonly name = 'TarError';
  readonly position: number;
  constructor(message: string, position: number) {
    super(`${message} (tar header at byte ${position})`);
    this.position = position;
  }
}
