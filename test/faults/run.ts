import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { HEADER_SIZE } from '../../extension/engine/archive/header.ts';
import { type Archive, openArchive } from '../../extension/engine/archive/reader.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { Random } from '../fuzz/random.ts';
import { keepResults } from '../support/results.ts';
import { runSuite } from '../vscode/run-suite.ts';
import { copyExample, prepareExample } from '../vscode/workspace.ts';
import { type Fault, unnoticed } from './faults.ts';
import { addFigure, takeFigures } from './figures.ts';
import { fullDiskTest } from './full-disk.ts';
import { hostKills } from './host-kills.ts';
import { imageFaults } from './images.ts';
import { everyOperation } from './io/every-operation.ts';
import { interruptTest } from './io/interrupt.ts';
import { makeRefusingPlace, noRights } from './io/no-rights.ts';
import { killTest } from './kill.ts';
import { sampled } from './sample.ts';
import { killableWrapper, sectionFaults } from './sections.ts';
import { twoInOneFolder, twoWithOneCache } from './two-at-once.ts';
import { uncoveredPositions } from './uncovered.ts';
import { workerKills } from './worker-kills.ts';

/**
 * Fault tests, too long for the unit tests, for packages of both generations: every single byte is changed in
 * turn and verification must find an error, but for the bytes that the format leaves open; and packing meets disks that are full
 * sooner or later. Small images of each compressor are changed and cut at every byte. Every operation of files fails once under each
 * command, files change while they are read, rights are missing, and packing is interrupted (`io`). Of bytes and operations a part is
 * tried, another one each time; with `--all` every one. Then packing ends at random moments: the command line is killed (`kills`), the extension's worker is ended (`workers`), the
 * host of a real VS Code is killed and its packs are cancelled (`host`), and two pack at once (`together`). None of it may harm the package that is there, or stop
 * the next run.
 *
 * `npm run test:faults -- 0.3` for one part, `--long` for as many kills as a release is given, with those of test/docker 200,
 * `--seed N` for other moments. Disks are mounted, and another user is taken, by root on Linux only, and hosts are found there only;
 * elsewhere that is left out, and said to be, unless S9PK_FAULTS is `required`.
 */
const PARTS: Readonly<Record<string, (folder: string) => Promise<Wrongs>>> = {
  '0.4': archives,
  '0.3': async (folder) => ({ 'faults of a package': await sectionFaults(folder, part) }),
  images: async () => ({ 'faults of images': await imageFaults(part) }),
  io: inputAndOutput,
  kills: async (folder) => {
    const kills = isLong ? 50 : 10;
    return {
      'packing killed': await killTest(await example(folder), kills, random),
      'packing 0.3 killed': await killTest(await killableWrapper(join(folder, 'older')), kills, random),
    };
  },
  workers: async (folder) => ({ 'workers ended': await workerKills(await example(folder), isLong ? 40 : 4, random) }),
  together: async (folder) => {
    const packing = await example(folder);
    const rounds = isLong ? 20 : 3;
    return {
      'two in one folder': await twoInOneFolder(packing, rounds, random),
      'two with one cache': await twoWithOneCache(packing.folder, rounds, random),
    };
  },
  host: async (folder) => {
    if (process.env['S9PK_FAULTS'] !== 'required' && process.platform !== 'linux') {
      console.log('the host of a VS Code is left out: finding it takes Linux');
      return {};
    }
    const kills = await hostKills(await example(folder), isLong ? 20 : 1, random);
    const ends = { S9PK_KILLS: isLong ? '10' : '3', S9PK_SEED: values.seed };
    const { passed: ended, failed: broken } = await runSuite('ends', folder, ['hello-world'], ends);
    return { 'hosts killed': kills, 'ended and cancelled in a VS Code': ended > 0 ? broken : 1 };
  },
};

/** How much went wrong, by what was tried. */
type Wrongs = Readonly<Record<string, number>>;

const { values, positionals: wanted } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
  allowPositionals: true,
});
const isLong = values.long;
const random = new Random(Number(values.seed));
/** Which part of bytes and operations is tried; none: all of them. */
const part = values.all ? undefined : Number(process.env['S9PK_SEED'] ?? Math.floor(Math.random() * 1000));
if (part !== undefined) console.log(`a part of bytes and operations, by S9PK_SEED=${part}`);
const broken: string[] = [];
let passed = 0;
for (const [generation, run] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(generation)) continue;
  const temporary = await mkdtemp(join(tmpdir(), 's9pk-faults-'));
  try {
    for (const [what, wrongs] of Object.entries(await run(temporary))) {
      if (wrongs === 0) passed++;
      else broken.push(`${generation}: ${what}`);
    }
    await keepResults('faults', { [generation]: { figures: takeFigures() } });
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}
// Once more at the end, where it is seen.
for (const what of broken) console.log(`failed: ${what}`);
console.log(`${passed} passed, ${broken.length} failed`);
process.exitCode = broken.length > 0 || passed === 0 ? 1 : 0;

/** The example, packed once. */
async function example(temporary: string) {
  prepareExample();
  const folder = join(temporary, 'hello-world');
  await copyExample(folder);
  const images = [{ id: 'main', path: join(folder, 'image', 'oci') }];
  const result = await pack({ folder, images, git: 'none', blake3: fastestBlake3() });
  if (!result.made) throw new Error(JSON.stringify(result.findings));
  const args = [folder, ...images.flatMap(({ id, path }) => ['--image', `${id}=${path}`])];
  return { folder, images, args, target: result.made.path, source: join(folder, 'startos', 'index.ts') };
}

async function archives(temporary: string): Promise<Wrongs> {
  const { folder, target } = await example(temporary);
  const blake3 = fastestBlake3();
  const bytes = new Uint8Array(readFileSync(target));

  const started = performance.now();
  const archive = await openArchive(new MemorySource(bytes), { blake3 });
  const uncovered = await uncoveredPositions(archive);
  const faults = sampled(faultsOf(bytes.length, archive), part);
  const found = (await unnoticed(bytes, faults)).flatMap((fault) => ('bit' in fault ? [fault.position] : []));
  const holes = found.filter((position) => !uncovered.includes(position));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${faults.length} flipped bits in ${bytes.length} bytes, ${seconds} s; no error at ${found.join(', ') || 'none'}`,
  );
  const note = `${uncovered.length} of the ${bytes.length} bytes are left open by the format`;
  addFigure({ what: 'bits flipped in a package', tried: faults.length, harm: holes.length, note });
  if (holes.length > 0)
    console.error(`the format covers these, but a change was no error: ${holes.slice(0, 20).join(', ')}`);
  return { 'bits of a package': holes.length, ...(await fullDisks(folder)) };
}

async function inputAndOutput(temporary: string): Promise<Wrongs> {
  const operations = await everyOperation(join(temporary, 'operations'), { seed: part });
  const older = await interruptTest('pack 0.3', await killableWrapper(join(temporary, 'older')));
  // Here the manifest is read from the bundle, which a process of its own runs.
  const newest = await interruptTest('pack', await example(temporary));
  return {
    'operations of files': operations,
    'packing 0.3 interrupted': older,
    'packing interrupted': newest,
    ...(await missingRights(temporary)),
  };
}

async function missingRights(temporary: string): Promise<Wrongs> {
  if (process.env['S9PK_FAULTS'] !== 'required' && (process.platform !== 'linux' || process.getuid?.() !== 0)) {
    console.log('missing rights are left out: becoming another user takes Linux, and root');
    return {};
  }
  const place = join(temporary, 'rights');
  // Other users pass through it.
  await chmod(temporary, 0o755);
  await mkdir(place);
  await makeRefusingPlace(place);
  return { 'rights that are missing': noRights(place) };
}

async function fullDisks(folder: string): Promise<Wrongs> {
  if (process.env['S9PK_FAULTS'] !== 'required' && (process.platform !== 'linux' || process.getuid?.() !== 0)) {
    console.log('full disks are left out: mounting them takes Linux, and root');
    return {};
  }
  return { 'full disks': await fullDiskTest(folder) };
}

/** All eight bits of every byte in header and tables, one bit of every other byte (a different one from byte to byte). */
function faultsOf(size: number, { ranges }: Archive): Fault[] {
  const tables = ranges.filter((range) => range.kind === 'table');
  const isTable = (position: number) =>
    position < HEADER_SIZE ||
    tables.some((range) => position >= Number(range.position) && position < Number(range.position + range.size));
  return Array.from({ length: size }, (_, position) =>
    isTable(position) ? [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => ({ position, bit })) : [{ position, bit: position & 7 }],
  ).flat();
}
