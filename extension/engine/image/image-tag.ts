/** Tags as container tools take them; anything else could be taken for an instruction of a Dockerfile. */
const TAG = /^[\w][\w./:@-]{0,511}$/;

export function isImageTag(text: string): boolean {
  return TAG.test(text);
}
