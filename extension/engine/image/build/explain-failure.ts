import { join } from 'node:path';
import { type Finding, finding } from '../../finding.ts';
import type { FindingCode } from '../../finding-codes.ts';
import { readText } from '../../io/whole-file.ts';
import type { RunResult } from '../../process/run.ts';

/** What was being made when the tool failed. */
export interface BuildSubject {
  readonly id: string;
  readonly arch: string;
  /** Absolute; absent for images from a tag. */
  readonly dockerfile?: string;
  readonly tag?: string;
}

/** Patterns in what docker, buildx and podman say, the telling ones first, with what mends it. */
const REASONS: readonly (readonly [pattern: RegExp, code: FindingCode, message: string])[] = [
  [
    /permission denied while trying to connect/i,
    'engine-stopped',
    'this user may not talk to Docker; add the user to the group: sudo usermod -aG docker $USER (then log in again)',
  ],
  [
    /cannot connect to the docker daemon|is the docker daemon running|error during connect|docker desktop is not running|cannot connect to podman|unable to connect to podman/i,
    'engine-stopped',
    'the container engine is not running; start Docker Desktop, or run: sudo systemctl start docker',
  ],
  [
    /'buildx' is not a docker command|unknown command: docker buildx|buildx component is missing|unknown flag: --(?:output|platform|progress|provenance)/i,
    'buildx-missing',
    'Docker has no buildx; install it: sudo apt-get install docker-buildx (or docker-buildx-plugin)',
  ],
  [
    /no builder "?[^"\n]*"? found/i,
    'buildx-missing',
    'there is no such buildx builder; docker buildx ls shows those there are',
  ],
  [
    /exec format error/i,
    'emulation-missing',
    'this machine cannot run programs of that architecture; install emulation: docker run --privileged --rm tonistiigi/binfmt --install all (or sudo apt-get install qemu-user-static binfmt-support)',
  ],
  [
    /no space left on device|disk quota exceeded/i,
    'build-disk-full',
    'the disk is full; docker system prune frees space',
  ],
  [
    /network is unreachable|no such host|i\/o timeout|tls handshake timeout|connection refused|temporary failure in name resolution|could not resolve host/i,
    'build-network',
    'the network or the registry cannot be reached; check the connection and try again',
  ],
  [
    /no match for platform|no image found .* for architecture|image operating system|does not match the specified platform/i,
    'image-not-found',
    'there is no image for that architecture',
  ],
  [
    /manifest unknown|pull access denied|repository does not exist|failed to resolve source metadata|not found: manifest|name unknown|unauthorized|access denied/i,
    'image-not-found',
    'there is no such image, or it needs a login: check the tag, or run docker login',
  ],
];

/** The last word of a tool whose build failed for no reason of its own: the engine behind it is gone, or gave it up. */
const ENDED =
  /rpc error: code = Unavailable|error reading from server: EOF|transport is closing|failed to dial gRPC: (?:unexpected )?EOF|failed to dial gRPC: .*(?:connection reset|broken pipe)|^(?:failed to solve: )?Canceled: context canceled/;

/** How a program ended that says no word: by a signal, or with the exit codes of one that lost a part of it to one. */
const KILLED_CODES: readonly (number | null)[] = [null, 137, 255];

/** The marker that BuildKit and podman print before the faulty line: `Dockerfile:12`. */
const DOCKERFILE_LINE = /^(?:\S+?):(\d+)(?:-\d+)?\r?\n-{5,}/m;
const DOCKERFILE_LINE_IN_TEXT = /dockerfile parse error (?:on )?line (\d+)/i;

type Ended = Pick<RunResult, 'code' | 'signal'>;
const FAILED: Ended = { code: 1, signal: null };

/**
 * Says why a build failed: with the line of the Dockerfile where it is one, else with what mends it.
 * @param ended how the tool ended
 */
export function explainFailure(output: string, subject: BuildSubject, ended: Ended = FAILED): Finding {
  const { id, arch, dockerfile, tag } = subject;
  const what = `image ${id} for ${arch} could not be ${tag === undefined ? 'built' : 'had'}`;
  const pointer = { path: tag === undefined ? `/images/${id}/source` : `/images/${id}/source/dockerTag` };
  const detail = lastWords(output);
  const reason = REASONS.find(([pattern]) => pattern.test(output));
  if (reason) return finding(reason[1], `${what}: ${reason[2]} (${detail})`, pointer);
  if (ENDED.test(detail)) {
    const message = `${what}: the container engine ended meanwhile, or gave it up; see that it runs (docker info), then pack again (${detail})`;
    return finding('engine-stopped', message, pointer);
  }
  const line = Number(DOCKERFILE_LINE.exec(output)?.[1] ?? DOCKERFILE_LINE_IN_TEXT.exec(output)?.[1]);
  if (dockerfile !== undefined && Number.isInteger(line)) {
    return finding('dockerfile-failed', `${what}: ${detail}`, { file: dockerfile, line, column: 1 });
  }
  if (KILLED_CODES.includes(ended.code) && !ERROR_LINE.test(output)) {
    const how = ended.signal ?? `exit code ${ended.code}`;
    const message = `${what}: the container tool was killed before it was done (${how}), as systems do where memory runs out; pack again`;
    return finding('build-failed', message, pointer);
  }
  return finding('build-failed', `${what}: ${detail}`, pointer);
}

/** The step that podman names when it stops: the instruction, its lists written as words. */
const PODMAN_STEP = /building at STEP "((?:[^"\\]|\\.)*)"/;

/** The same for podman, which tells the step but not its line: that is looked for in the Dockerfile. */
export async function explainPodman(output: string, subject: BuildSubject, ended?: Ended): Promise<Finding> {
  const found = explainFailure(output, subject, ended);
  const step = PODMAN_STEP.exec(output)?.[1];
  if (found.code !== 'build-failed' || step === undefined || subject.dockerfile === undefined) return found;
  const line = lineOfStep((await readText(subject.dockerfile)) ?? '', step);
  return line === undefined
    ? found
    : finding('dockerfile-failed', found.message, { file: subject.dockerfile, line, column: 1 });
}

/** The line, from 1, on which the instruction of a step begins. */
function lineOfStep(dockerfile: string, step: string): number | undefined {
  const words = (text: string) =>
    text
      .replace(/[\\"[\],]/g, ' ')
      .trim()
      .split(/\s+/)
      .join(' ');
  const lines = dockerfile.split('\n');
  for (let start = 0; start < lines.length; start++) {
    let end = start;
    while (/\\\s*$/.test(lines[end] ?? '')) end++;
    if (words(lines.slice(start, end + 1).join(' ')) === words(step)) return start + 1;
    start = end;
  }
  return undefined;
}

const ERROR_LINE = /^(?:ERROR|Error|error)[:\s].*$/m;

/** What the tool says at its end, without its decoration. */
function lastWords(output: string): string {
  const errors = output.match(new RegExp(ERROR_LINE, 'gm'));
  const last = errors?.at(-1) ?? output.trim().split('\n').at(-1) ?? '';
  const words = last
    .replace(/^(?:ERROR|Error|error):?\s*/, '')
    .replace(/^failed to solve:\s*/, '')
    .trim();
  return words === '' ? 'see the log' : words.slice(0, 500);
}

/** Where the Dockerfile of a build is: the given one, else the one in the build context. */
export function dockerfileOf(context: string, given: string | undefined): string {
  return given ?? join(context, 'Dockerfile');
}
