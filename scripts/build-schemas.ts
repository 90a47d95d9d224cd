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
await mkdir(FOLDER, { recursive: true });
await writeFile(`${FOLDER}/validators.js`, code);
await writeFile(
  `${FOLDER}/validators.d.ts`,
  `import type { ValidateFunction } from 'ajv';
export declare const validate03: ValidateFunction;
`,
);
