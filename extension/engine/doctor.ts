import { statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { FindingError } from './finding.ts';
import { formatSize } from './format-size.ts';
import { type EngineTool, findEngine, runEngine } from './image/build/container-engine.ts';
import { platformOf } from './image/platform.ts';
import { ARCHITECTURES } from './package/parse-images.ts';
import { runNpm } from './process/npm.ts';
import { run } from './process/run.ts';
import { findKey, lookForKey } from './sign/key-store.ts';
import { fingerprint } from './sign/private-key.ts';
import { describeProfile, readStartosConfig } from './upstream/startos-config.ts';

/** One thing that packing may need. */
export interface Checkup {
  readonly what: string;
  /** `fine`; `missing`: some wrappers cannot be packed without it; `wanting`: it works, but not everything does. */
  readonly state: 'fine' | 'wanting' | 'missing';
  readonly detail: string;
  /** What mends it, as a command where there is one. */
  readonly mend?: string;
}

export interface DoctorOptions {
  /** The folder that is packed in. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly builder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes below which a build may fill the disk. */
const LITTLE_SPACE = 5 * 2 ** 30;

/** Looks for everything that packing may need, and says what mends what is missing. Nothing is changed. */
export async function examine(options: DoctorOptions): Promise<Checkup[]> {
  const { env, folder } = options;
  const tool = await findEngine(env, folder);
  const images = tool ? await examineEngine(tool, options) : [noEngine()];
  return [
    ...images,
    await examineProgram(
      'git',
      ['--version'],
      'the commit is left out of packages',
      'install git: https://git-scm.com',
      options,
    ),
    await examineProgram(
      'npm',
      ['--version'],
      'TypeScript wrappers cannot be built',
      'install Node.js: https://nodejs.org',
      options,
    ),
    await examineKey(folder),
    ...(await examineConfig(folder)),
    await examineSpace(folder),
  ];
}

function noEngine(): Checkup {
  return {
    what: 'container engine',
    state: 'missing',
    detail: 'neither docker nor podman is installed: images must be given as files',
    mend: 'install Docker: https://docs.docker.com/engine/install',
  };
}

async function examineEngine(tool: EngineTool, { folder, env, builder, signal }: DoctorOptions): Promise<Checkup[]> {
  const ask = (...args: string[]) => runEngine(tool, args, { cwd: folder, env, signal, log: () => undefined });
  const format = tool === 'docker' ? '{{.Server.Version}}' : '{{.Client.Version}}';
  const version = await ask('version', '--format', format);
  if (version.code !== 0) {
    const mend = tool === 'docker' ? 'start Docker Desktop, or: sudo systemctl start docker' : 'podman machine start';
    return [{ what: tool, state: 'missing', detail: `it does not answer: ${lastLine(version.stderr)}`, mend }];
  }
  const engine: Checkup = { what: tool, state: 'fine', detail: `version ${version.stdout.trim()} is running` };
  if (tool === 'podman') return [engine];
  const buildx = await ask('buildx', 'version');
  if (buildx.code !== 0) {
    const mend = 'sudo apt-get install docker-buildx (or docker-buildx-plugin)';
    return [engine, { what: 'buildx', state: 'missing', detail: 'Docker has no buildx', mend }];
  }
  const inspected = await ask('buildx', 'inspect', ...(builder ? [builder] : []));
  if (inspected.code !== 0) {
    const detail = `the builder ${builder ?? ''} cannot be used: ${lastLine(inspected.stderr)}`;
    return [
      engine,
      { what: 'buildx', state: 'missing', detail, mend: 'docker buildx ls shows the builders there are' },
    ];
  }
  const platforms = /^Platforms:\s*(.*)$/m.exec(inspected.stdout)?.[1] ?? '';
  const name = /^Name:\s*(\S+)/m.exec(inspected.stdout)?.[1] ?? 'default';
  const fine: Checkup = {
    what: 'buildx',
    state: 'fine',
    detail: `${buildx.stdout.trim().split(/\s+/)[1] ?? ''}, builder ${name}`,
  };
  return [engine, fine, ...ARCHITECTURES.map((arch) => examineArchitecture(arch, platforms))];
}

function examineArchitecture(arch: string, platforms: string): Checkup {
  const what = `images for ${arch}`;
  if (new RegExp(`linux/${platformOf(arch)}\\b`).test(platforms))
    return { what, state: 'fine', detail: 'programs of that architecture run' };
  return {
    what,
    state: 'wanting',
    detail: 'Dockerfiles that run programs (RUN) cannot be built for it',
    mend: 'docker run --privileged --rm tonistiigi/binfmt --install all (or: sudo apt-get install qemu-user-static binfmt-support)',
  };
}

async function examineProgram(
  what: string,
  args: readonly string[],
  without: string,
  mend: string,
  { folder, env }: DoctorOptions,
): Promise<Checkup> {
  const running = what === 'npm' ? runNpm(args, { cwd: folder }) : run(what, args, { cwd: folder, env });
  const result = await running.catch(() => undefined);
  if (result?.code !== 0) return { what, state: 'wanting', detail: `it is not installed: ${without}`, mend };
  return { what, state: 'fine', detail: result.stdout.trim() };
}

async function examineKey(folder: string): Promise<Checkup> {
  const what = 'signing key';
  try {
    const found = await findKey(resolve(folder));
    if (found) {
      const detail = [`${fingerprint(found.key.publicKey)} (${found.path})`, ...found.notes].join('; ');
      return { what, state: 'fine', detail };
    }
    const { foreign } = await lookForKey(resolve(folder));
    const detail = foreign.length > 0 ? `${foreign.join(', ')} belongs to another user` : 'there is none';
    return { what, state: 'missing', detail, mend: 's9pk key create, or S9PK: Create Signing Key' };
  } catch (error) {
    if (!(error instanceof FindingError)) throw error;
    return { what, state: 'missing', detail: error.message, mend: 'use another key' };
  }
}

/** The profiles of start-cli's configuration, where there is one. */
async function examineConfig(folder: string): Promise<Checkup[]> {
  const { hosts, registries, files, problems } = await readStartosConfig(resolve(folder));
  if (files.length === 0) return [];
  const what = 'start-cli profiles';
  const [problem] = problems;
  if (problem) return [{ what, state: 'wanting', detail: `${problem.file}: ${problem.message}` }];
  const lines = [
    ...hosts.map((profile) => describeProfile('host', profile)),
    ...registries.map((profile) => describeProfile('registry', profile)),
  ];
  return [{ what, state: 'fine', detail: lines.join(', ') || `none in ${files.join(', ')}` }];
}

async function examineSpace(folder: string): Promise<Checkup> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${formatSize(free)} free`;
  if (free >= LITTLE_SPACE) return { what: 'disk', state: 'fine', detail };
  return { what: 'disk', state: 'wanting', detail, mend: 's9pk cache clear, docker system prune' };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
