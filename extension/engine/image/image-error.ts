/** Why an image source cannot be used; the message names the layer or entry. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}
