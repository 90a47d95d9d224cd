import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';

/**
 * Compiles the schema of 0.3 manifests into a validator, so that neither ajv nor a compiler ships. Manifests of 0.4 are
 * checked by the rules that packing and verifying use; a test holds their schema against those.
 */

const FOLDER = 'extension/manifest/generated';

const ajv = new Ajv({ allErrors: true, strict: false, discriminator: true, code: { source: true, esm: true } });
const schema = JSON.parse(await readFile('schemas/manifest-0.3.schema.json', 'utf8')) as { $id: string };
ajv.addSchema(schema);
const code = standalone.default(ajv, { validate03: schema.$id });
if (/\brequire\(/.test(code)) throw new Error('a schema uses a keyword whose validator is not self-contained');
// Ajv copies all errors for each value that has some: of a hundred thousand it would be hours. Each call makes a list of its own.
const pushing = code.replaceAll(
  /vErrors === null \? ([\w.]+)\.errors : vErrors\.concat\(\1\.errors\)/g,
  'pushErrors(vErrors, $1.errors)',
);
if (/vErrors\.concat/.test(pushing)) throw new Error('ajv gathers errors in another way than it did');
const PUSH_ERRORS = `function pushErrors(all, more) {
  if (all === null) return more;
  for (const one of more) all.push(one);
  return all;
}
`;
await mkdir(FOLDER, { recursive: true });
await writeFile(`${FOLDER}/validators.js`, `${pushing}\n${PUSH_ERRORS}`);
await writeFile(
  `${FOLDER}/validators.d.ts`,
  `import type { ValidateFunction } from 'ajv';
export declare const validate03: ValidateFunction;
`,
);
