import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEADER_SIZE } from '../../extension/engine/archive/header.ts';
import { type Archive, openArchive } from '../../extension/engine/archive/reader.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { MemorySource } from '../../extension/engine/io/byte-source.ts';
import { pack } from '../../extension/engine/pack/pack.ts';
import { copyExample, prepareExample } from '../vscode/workspace.ts';
import { type Fault, unnoticed } from './faults.ts';
import { fullDiskTest } from './full-disk.ts';
import { imageFaults } from './images.ts';
import { everyOperation } from './io/every-operation.ts';
import { interruptTest } from './io/interrupt.ts';
import { makeRefusingPlace, noRights } from './io/no-rights.ts';
import { killTest, type Packing } from './kill.ts';
import { killableWrapper, sectionFaults } from './sections.ts';
import { uncoveredPositions } from './uncovered.ts';

/**
 * Exhaustive fault tests, too long for the unit tests, for packages of both generations: every single byte is changed in
 * turn and verification must find an error, but for the bytes that the format leaves open; and packing is killed at 50
 * random moments, and meets disks that are full sooner or later, which must never harm the package that is there. Small images of
 * each compressor are changed and cut at every byte. Every operation of files fails once under each command, files change while they
 * are read, rights are missing, and packing is interrupted (`io`; with `--all` nothing of it is sampled). `npm run test:faults -- 0.3`
 * for one part (0.4, 0.3, images, io). Disks are mounted, and another user is taken, by root on Linux only; elsewhere that is left
 * out, and said to be, unless S9PK_FAULTS is `required`.
 */
const PARTS: Readonly<Record<string, (folder: string) => Promise<boolean[]>>> = {
  '0.4': archives,
  '0.3': async (folder) => {
    const missed = await sectionFaults(join(folder, 'flips'));
    return [missed === 0, (await killTest(await killableWrapper(join(folder, 'kills')))) === 0];
  },
  images: async () => [(await imageFaults()) === 0],
  io: inputAndOutput,
};

const options = process.argv.slice(2);
const wanted = options.filter((option) => !option.startsWith('--'));
const passed: boolean[] = [];
for (const [generation, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(generation)) continue;
  const temporary = await mkdtemp(join(tmpdir(), 's9pk-faults-'));
  try {
    passed.push(...(await part(temporary)));
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}
const failed = passed.filter((isPassed) => !isPassed).length;
console.log(`${passed.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed.length === 0 ? 1 : 0;

async function archives(temporary: string): Promise<boolean[]> {
  const blake3 = fastestBlake3();
  const folder = join(temporary, 'hello-world');
  const packing = await packExample(folder);
  const bytes = new Uint8Array(readFileSync(packing.target));

  const started = performance.now();
  const archive = await openArchive(new MemorySource(bytes), { blake3 });
  const uncovered = await uncoveredPositions(archive);
  const faults = faultsOf(bytes.length, archive);
  const found = (await unnoticed(bytes, faults)).flatMap((fault) => ('bit' in fault ? [fault.position] : []));
  const holes = found.filter((position) => !uncovered.includes(position));
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `${faults.length} flipped bits in ${bytes.length} bytes, ${seconds} s; no error at ${found.join(', ') || 'none'}`,
  );
  if (holes.length > 0)
    console.error(`the format covers these, but a change was no error: ${holes.slice(0, 20).join(', ')}`);
  const kills = await killTest(packing);
  return [holes.length === 0, kills === 0, ...(await fullDisks(folder))];
}

/** The example in a folder, packed once. */
async function packExample(folder: string): Promise<Packing> {
  prepareExample();
  await copyExample(folder);
  const image = join(folder, 'image', 'oci');
  const images = [{ id: 'main', path: image }];
  const { made, findings } = await pack({ folder, images, git: 'none', blake3: fastestBlake3() });
  if (!made) throw new Error(JSON.stringify(findings));
  return { args: [folder, '--image', `main=${image}`], target: made.path };
}

async function inputAndOutput(temporary: string): Promise<boolean[]> {
  const harms = await everyOperation(join(temporary, 'operations'), { isAll: options.includes('--all') });
  const older = await interruptTest('pack 0.3', await killableWrapper(join(temporary, 'older')));
  // Here the manifest is read from the bundle, which a process of its own runs.
  const newest = await interruptTest('pack', await packExample(join(temporary, 'hello-world')));
  return [harms === 0, older === 0, newest === 0, ...(await missingRights(temporary))];
}

async function missingRights(temporary: string): Promise<boolean[]> {
  if (process.env['S9PK_FAULTS'] !== 'required' && (process.platform !== 'linux' || process.getuid?.() !== 0)) {
    console.log('missing rights are left out: becoming another user takes Linux, and root');
    return [];
  }
  const place = join(temporary, 'rights');
  // Other users pass through it.
  await chmod(temporary, 0o755);
  await mkdir(place);
  await makeRefusingPlace(place);
  return [noRights(place) === 0];
}

async function fullDisks(folder: string): Promise<boolean[]> {
  if (process.env['S9PK_FAULTS'] !== 'required' && (process.platform !== 'linux' || process.getuid?.() !== 0)) {
    console.log('full disks are left out: mounting them takes Linux, and root');
    return [];
  }
  return [(await fullDiskTest(folder)) === 0];
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
