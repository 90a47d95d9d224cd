/** Architecture names of container tools for those of StartOS. */
const PLATFORM: ReadonlyMap<string, string> = new Map([
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
]);

/** The container world's name of a StartOS architecture: `x86_64` is `amd64` there. */
export function platformOf(arch: string): string {
  return PLATFORM.get(arch) ?? arch;
}
