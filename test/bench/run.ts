import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { temporaryFolder } from '../support/tools.ts';
import { benchActivation } from './activation.ts';
import { measured, noted } from './compare.ts';
import { benchImages } from './images.ts';
import { benchManifests } from './manifest.ts';
import { benchPackages } from './packages.ts';
import { benchScale } from './scale/run.ts';
import { benchSections } from './sections.ts';
import { benchSidebar } from './sidebar/run.ts';

const { values, positionals: wanted } = parseArgs({
  options: {
    json: { type: 'string' },
    plot: { type: 'boolean' },
    full: { type: 'boolean' },
    series: { type: 'string' },
  },
  allowPositionals: true,
});

/**
 * `npm run bench`, or `npm run bench -- packages` for one part; `--json FILE` writes what was measured, `-- scale --plot` draws how
 * time and memory grow, `--full` up to 20 GB and a million files, `--series TEXT` those with a text in their names.
 */
const PARTS: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  manifests: () => benchManifests(),
  packages: benchPackages,
  sections: benchSections,
  images: benchImages,
  activation: benchActivation,
  sidebar: benchSidebar,
  scale: () =>
    benchScale({
      full: values.full === true,
      ...(values.series !== undefined && { only: values.series }),
      ...(values.plot && { plots: '.bench' }),
    }),
};

for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await using temporary = await temporaryFolder();
  await part(temporary.path);
}
if (values.json !== undefined) {
  const machine = { cores: availableParallelism(), processor: cpus()[0]?.model, node: process.version };
  await writeFile(values.json, `${JSON.stringify({ machine, noted, measured }, undefined, 2)}\n`);
}
