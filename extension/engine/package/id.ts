/** Id grammar of packages, images and volumes (s9pk-v2 section 5.3). */
const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

export function isId(text: string): boolean {
  return ID.test(text);
}
