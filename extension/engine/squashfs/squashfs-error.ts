/** Why an image cannot be read: it is damaged, hostile, or uses something that is not supported. */
export class SquashfsError extends Error {
  override readonly name = 'SquashfsError';
}
