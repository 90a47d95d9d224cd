/** Where the TypeScript manifest of a wrapper stands, below its folder; the first that is there counts. */
export const TYPESCRIPT_MANIFESTS: readonly string[] = [
  'startos/manifest/index.ts',
  'startos/manifest.ts',
  'startos/index.ts',
];
