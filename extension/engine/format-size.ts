const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** A size for people: three digits and a decimal unit. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return unit === 0 ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` : `${value.toPrecision(3)} ${UNITS[unit]}`;
}
