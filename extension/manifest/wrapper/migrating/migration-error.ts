/** Why a folder cannot be migrated. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  /** Other files have the names of those that would be written. */
  readonly isInTheWay: boolean;

  constructor(message: string, isInTheWay = false) {
    super(message);
    this.isInTheWay = isInTheWay;
  }
}
