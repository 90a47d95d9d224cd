import { compareNames } from '../../archive/names.ts';
import { type Finding, finding } from '../../finding.ts';
import type { ImageConfig, Manifest } from '../../package/manifest.ts';
import { ARCHITECTURES, servingArch } from '../../package/parse-images.ts';

/**
 * Narrows a manifest to the architectures that are to be packed (s9pk-v2 section 6.3, upstream-since-july section 2). Where the reference would
 * leave out the image that emulation needs, or build one that the package may not hold, this computes what is needed.
 * @param wanted architectures that the user asked for; empty: all that the manifest allows
 */
export function selectArch(manifest: Manifest, wanted: readonly string[], findings: Finding[]): Manifest {
  const allowed = manifest.hardwareRequirements.arch;
  const unknown = checkWanted(wanted);
  if (unknown.length > 0) {
    findings.push(...unknown);
    return manifest;
  }
  const arches =
    wanted.length === 0
      ? allowed
      : [...new Set(wanted)].filter((arch) => allowed === null || allowed.includes(arch)).sort(compareNames);
  if (arches === null) return manifest;
  const path = '/hardwareRequirements/arch';
  if (arches.length === 0) {
    const message =
      wanted.length === 0
        ? 'hardwareRequirements.arch is empty, so the package would be for no device'
        : `the package is not for ${wanted.join(', ')}; hardwareRequirements.arch allows ${allowed?.join(', ')}`;
    findings.push(finding('arch-unsupported', message, { path }));
    return manifest;
  }
  const images = new Map<string, ImageConfig>();
  for (const [id, image] of manifest.images)
    images.set(id, { ...image, arch: archOfImage(id, image, arches, findings) });
  return { ...manifest, images, hardwareRequirements: { ...manifest.hardwareRequirements, arch: arches } };
}

/** Architectures that were asked for and that there are not. */
export function checkWanted(wanted: readonly string[]): Finding[] {
  const unknown = wanted.filter((arch) => !(ARCHITECTURES as readonly string[]).includes(arch));
  if (unknown.length === 0) return [];
  const message = `StartOS does not run on ${unknown.join(', ')}; its architectures are ${ARCHITECTURES.join(', ')}`;
  return [finding('arch-unsupported', message)];
}

/** Images that devices will run under emulation, which is slow: of those that the package is for by its own words, a warning. */
export function checkEmulation({ images, hardwareRequirements }: Manifest): Finding[] {
  const findings: Finding[] = [];
  for (const [id, image] of images) {
    const missing = (hardwareRequirements.arch ?? []).filter((arch) => !image.arch.includes(arch));
    for (const arch of missing) {
      const used = servingArch(image, arch, (name) => image.arch.includes(name));
      if (used === undefined) continue;
      const message = `devices with ${arch} will run image ${id} for ${used} under emulation, which is slow`;
      findings.push(finding('image-emulated', message, { path: `/images/${id}/arch` }));
    }
  }
  return findings;
}

function archOfImage(
  id: string,
  image: ImageConfig,
  arches: readonly string[],
  findings: Finding[],
): readonly string[] {
  const own = arches.filter((arch) => image.arch.includes(arch));
  const uncovered = arches.filter((arch) => !image.arch.includes(arch));
  if (uncovered.length === 0) return own;
  // Older servers run only the image that `emulateMissingAs` names, so it is packed too; others run any that is there.
  const former = image.emulateMissingAs;
  if (former !== null && image.arch.includes(former)) return [...new Set([...own, former])].sort(compareNames);
  const [first] = image.arch;
  if (image.emulateMissing && first !== undefined) return own.length > 0 ? own : [first];
  const message = `image ${id} has nothing for ${uncovered.join(', ')}: add it to "arch", or let it be emulated ("emulateMissing": true)`;
  findings.push(finding('arch-unsupported', message, { path: `/images/${id}/arch` }));
  return own;
}
