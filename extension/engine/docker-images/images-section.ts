import { decodeFirst } from 'cborg';
import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { CborMap, encodeCbor } from '../cbor/value.ts';
import { type Finding, finding } from '../finding.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { readTar } from '../tar/reader.ts';
import { TarError } from '../tar/tar-error.ts';

/** Name of the entry that says which architectures there are; without it the section is one archive (s9pk-v1 section 2.3). */
export const MULTIARCH = 'multiarch.cbor';
/** What packages for one architecture call their archive. */
export const SINGLE = 'image.tar';

/** Architectures of devices with StartOS 0.3. */
export const ARCHITECTURES_03 = ['aarch64', 'x86_64'] as const;

/** The archives of images in a package, each as `docker save` wrote it. */
export interface ImagesSection {
  /** By name: `aarch64.tar`, or `image.tar` where there is but one for whatever architecture. */
  readonly archives: ReadonlyMap<string, ByteSource>;
  readonly isMulti: boolean;
  readonly findings: readonly Finding[];
}

/** Reads the section's own list of architectures and where their archives lie; nothing of the images themselves. */
export async function readImagesSection(section: ByteSource): Promise<ImagesSection> {
  const archives = new Map<string, ByteSource>();
  const findings: Finding[] = [];
  let list: ByteSource | undefined;
  try {
    for await (const entry of readTar(section)) {
      if (entry.type !== 'file') continue;
      if (entry.path === MULTIARCH) list ??= entry.content;
      else if (archives.size < BUDGET.toldArchives && /^[^/]+\.tar$/s.test(entry.path))
        archives.set(entry.path, entry.content);
      else if (list && findings.length < BUDGET.toldArchives)
        findings.push(
          finding('images-stray', `${printableName(entry.path)} is among the images, although it is none`, {
            path: `docker_images/${printableName(entry.path)}`,
          }),
        );
    }
  } catch (error) {
    if (!(error instanceof TarError)) throw error;
    return { archives, isMulti: list !== undefined, findings: [unreadable(error.message)] };
  }
  if (!list) return { archives: new Map([[SINGLE, section]]), isMulti: false, findings: [] };
  findings.push(...(await checkList(list, archives)));
  return { archives, isMulti: true, findings };
}

function unreadable(why: string, path = 'docker_images'): Finding {
  return finding('image-unreadable', `the images cannot be read: ${why}`, { path });
}

async function checkList(list: ByteSource, archives: ReadonlyMap<string, ByteSource>): Promise<Finding[]> {
  const path = `docker_images/${MULTIARCH}`;
  if (list.size > BUDGET.multiarchBytes) return [unreadable(`${MULTIARCH} has ${list.size} bytes`, path)];
  let said: unknown;
  try {
    [said] = decodeFirst(await list.read(0, list.size));
  } catch (error) {
    return [unreadable(`${MULTIARCH} is no CBOR: ${(error as Error).message}`, path)];
  }
  const { default: chosen, available } = (said ?? {}) as { default?: unknown; available?: unknown };
  if (typeof chosen !== 'string' || !Array.isArray(available) || !available.every((arch) => typeof arch === 'string'))
    return [unreadable(`${MULTIARCH} does not say which architectures there are`, path)];
  const findings: Finding[] = [];
  for (const arch of available as string[]) {
    if (archives.has(`${arch}.tar`)) continue;
    findings.push(unreadable(`there is no ${printableName(arch)}.tar, which ${MULTIARCH} names`, path));
  }
  for (const name of archives.keys()) {
    if (available.includes(stemOf(name))) continue;
    const message = `${printableName(name)} is not named in ${MULTIARCH}, so no device takes it`;
    findings.push(finding('images-arch', message, { path: `docker_images/${printableName(name)}` }));
  }
  if (!available.includes(chosen)) {
    const message = `devices of other architectures get the images for "${printableName(chosen)}", which are not there`;
    findings.push(finding('images-arch', message, { path }));
  }
  return findings;
}

/** The architecture that an archive is for, by its name. */
export function stemOf(name: string): string {
  return name.replace(/\.tar$/, '');
}

/** The list of architectures as packages hold it; devices of others get the first, aarch64 before all. */
export function encodeMultiarch(architectures: readonly string[]): Uint8Array {
  const available = [...architectures].sort();
  const chosen = available.includes('aarch64') ? 'aarch64' : (available[0] ?? '');
  return encodeCbor(
    new CborMap([
      ['default', chosen],
      ['available', available],
    ]),
  );
}
