import { parseArgs } from 'node:util';
import { thisMachine } from '../support/results.ts';
import { temporaryFolder } from '../support/tools.ts';
import { benchActivation } from './activation.ts';
import { takeMeasurements } from './compare.ts';
import { benchImages } from './images.ts';
import { benchManifests } from './manifest.ts';
import { benchPackages } from './packages.ts';
import { benchScale } from './scale/run.ts';
import { benchSections } from './sections.ts';
import { benchSidebar } from './sidebar/run.ts';
import { COMMITTED, committedResults, readResults, saveResults, writeResults } from './standing/results.ts';
import { type BenchParts, otherMachines, rowsOf } from './standing/rows.ts';
import { tableOf } from './standing/table.ts';
import { measureYardstick } from './standing/yardstick.ts';

const { values, positionals: wanted } = parseArgs({
  options: {
    json: { type: 'string' },
    save: { type: 'boolean' },
    from: { type: 'string' },
    plot: { type: 'boolean' },
    full: { type: 'boolean' },
    series: { type: 'string' },
  },
  allowPositionals: true,
});

/**
 * `npm run bench`, or `npm run bench -- packages` for one part: every target of speed and memory (targets.ts) with what was
 * measured, compared with bench/results.json. `--save` puts what was measured there, `--json FILE` writes it elsewhere, `--from FILE`
 * takes it from there instead of measuring; `-- scale --plot` draws how time and memory grow,
 * `--full` up to 20 GB and a million files, `--series TEXT` those with a text in their names.
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

for (const name of wanted)
  if (!(name in PARTS)) throw new Error(`there is no part "${name}": ${Object.keys(PARTS).join(', ')}`);

const committed = await committedResults();
const results = values.from === undefined ? await measure() : chosen(await readResults(values.from, wanted[0]));
const rows = rowsOf(results, committed);
console.log(`\n${tableOf(rows)}`);
for (const { part, now, before } of otherMachines(results, committed))
  console.log(
    `${part}: before on another machine, ${before.cores} cores of ${before.processor}; now ${now.cores} of ${now.processor}`,
  );
if (values.json !== undefined) await writeResults(values.json, results, rows);
if (values.save && Object.keys(results).length > 0) {
  await saveResults(results);
  console.log(`saved in ${COMMITTED}: ${Object.keys(results).join(', ')}`);
}

/** What one part fails at leaves its targets without figures, and the other parts go on. */
async function measure(): Promise<BenchParts> {
  const done: Record<string, BenchParts[string]> = {};
  for (const [name, part] of Object.entries(PARTS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await using temporary = await temporaryFolder();
    try {
      measureYardstick();
      await part(temporary.path);
      measureYardstick();
      done[name] = { machine: thisMachine(), ...takeMeasurements() };
    } catch (error) {
      takeMeasurements();
      process.exitCode = 1;
      console.error(`\n${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
    }
  }
  return done;
}

function chosen(parts: BenchParts): BenchParts {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => wanted.length === 0 || wanted.includes(name)));
}
