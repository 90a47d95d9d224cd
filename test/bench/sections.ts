import { spawnSync } from 'node:child_process';
import { cp, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../../extension/engine/browse/open-browser.ts';
import { ScratchLayers } from '../../extension/engine/browse/unpack-layer.ts';
import { fastestBlake3 } from '../../extension/engine/hash/fastest-blake3.ts';
import { FileSource } from '../../extension/engine/io/file-source.ts';
import { verifyEither } from '../../extension/engine/verify/verify-either.ts';
import { examineManifest03 } from '../../extension/manifest/rules-03/examine.ts';
import { packFolder } from '../../extension/manifest/wrapper/packing/pack-folder.ts';
import { childrenOf } from '../support/children.ts';
import { WRAPPER_03, writeWrapper } from '../support/wrapper-03.ts';
import { writeRootTar } from '../vscode/workspace.ts';
import { compare, noted, sampled } from './compare.ts';
import { median } from './median.ts';
import { run } from './root-file-system.ts';

/** Bytes of the only layer of each of two images. */
const LAYER_SIZE = 1_000_000_000;
const TAG = 'start9/hello-world/main:1.0.0';
const ARCHES = [
  ['x86_64', 'amd64'],
  ['aarch64', 'arm64'],
] as const;

const blake3 = fastestBlake3();

/** Packing, verifying and looking into packages for StartOS 0.3 of the size that large services have, two architectures each. */
export async function benchSections(folder: string): Promise<void> {
  const wrapper = join(folder, 'wrapper');
  await makeWrapper(wrapper);
  const target = join(folder, 'packed.s9pk');
  const pack = async () => {
    const options = { folder: wrapper, blake3, git: 'none', build: 'never', env: {}, output: target } as const;
    const { made, findings } = await packFolder(options);
    if (!made) throw new Error(JSON.stringify(findings));
  };
  const images = ARCHES.map(([arch]) => join(wrapper, 'docker-images', `${arch}.tar`));
  const copyAndHash = async () => {
    await mkdir(join(folder, 'copy'), { recursive: true });
    for (const image of images) await cp(image, join(folder, 'copy', image.split('/').at(-1) ?? ''));
    await syncAll(folder);
    run('openssl', ['dgst', '-sha512', ...images]);
  };
  await pack();
  const gigabytes = ((await stat(target)).size / 1e9).toFixed(2);
  await compare(`pack a package for 0.3 of ${gigabytes} GB, images given`, [
    ['s9pk', pack],
    ['cp, sync and openssl dgst -sha512', copyAndHash],
  ]);
  await rm(join(folder, 'copy'), { recursive: true });

  const verify = async () => {
    await using source = await FileSource.open(target);
    const report = await verifyEither(source, { blake3, examine: examineManifest03 });
    if (!report.intact || !report.complete) throw new Error('the package does not verify');
  };
  await compare(`verify a package for 0.3 of ${gigabytes} GB`, [
    ['s9pk', verify],
    ['openssl dgst -sha512', () => run('openssl', ['dgst', '-sha512', target])],
  ]);
  const memory = peakBytes(['verify', '--quiet', target]);
  noted['memory of s9pk verify for 0.3, bytes'] = memory;
  console.log(`  memory of s9pk verify: ${(memory / 1e6).toFixed(0)} MB`);

  const cold = Array.from({ length: 5 }, () => runNode(['test/bench/open-tree.ts', target]).split(' ').map(Number));
  sampled['open a package for 0.3 in a new process, ms'] = cold.map(([wall = Number.NaN]) => wall);
  const [wall, spent] = [0, 1].map((index) => median(cold.map((times) => times[index] ?? 0)).toFixed(0));
  console.log(`\nopen its tree first thing in a new process\n  s9pk ${wall} ms, ${spent} ms of processors`);
  const look = (path: string) => async () => {
    await using source = await FileSource.open(target);
    await using layers = new ScratchLayers();
    const browser = await openBrowser(source, blake3, layers.unpack);
    const children = await childrenOf(browser, await browser.nodeAt(path));
    if (children.length === 0) throw new Error('there is nothing');
  };
  await compare('open its tree', [['s9pk', look('')]], 20);
  await compare(
    'open it and list an image, merged from its layers',
    [['s9pk', look('images/x86_64.tar/main/root')]],
    20,
  );
}

/** Most memory that the command line had at once. */
function peakBytes(args: readonly string[]): number {
  const tell = 'data:text/javascript,process.on("exit",()=>console.error(process.resourceUsage().maxRSS))';
  const said = runNode(['--import', tell, 'dist/cli.cjs', ...args], 'stderr');
  return Number(said.trim().split('\n').at(-1)) * 1024;
}

function runNode(args: readonly string[], stream: 'stdout' | 'stderr' = 'stdout'): string {
  const { status, ...said } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(said.stderr);
  return said[stream];
}

async function makeWrapper(folder: string): Promise<void> {
  await writeWrapper(folder, WRAPPER_03);
  for (const [arch, architecture] of ARCHES) {
    const content = join(folder, arch);
    await mkdir(content);
    await writeRootTar(join(content, 'layer.tar'), LAYER_SIZE);
    const config = { architecture, os: 'linux', config: {}, rootfs: { type: 'layers', diff_ids: [''] } };
    await writeFile(join(content, 'config.json'), JSON.stringify(config));
    const list = [{ Config: 'config.json', RepoTags: [TAG], Layers: ['layer.tar'] }];
    await writeFile(join(content, 'manifest.json'), JSON.stringify(list));
    const names = ['config.json', 'layer.tar', 'manifest.json'];
    run('tar', ['-cf', join(folder, 'docker-images', `${arch}.tar`), '-C', content, ...names]);
    await rm(content, { recursive: true });
  }
}

/** What was copied is on the disk, as what was packed is. */
async function syncAll(folder: string): Promise<void> {
  for (const [arch] of ARCHES) {
    const handle = await open(join(folder, 'copy', `${arch}.tar`));
    await handle.sync();
    await handle.close();
  }
}
