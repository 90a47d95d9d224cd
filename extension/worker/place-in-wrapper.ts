import type { Finding } from '../engine/finding.ts';
import { readText } from '../engine/io/whole-file.ts';
import type { PackageReport } from '../engine/verify/report.ts';
import { child, stringOf } from '../manifest/meaning/data-tree.ts';
import { locateFindings } from '../manifest/meaning/locate.ts';
import { Modules } from '../manifest/meaning/modules.ts';
import { evaluateManifest } from '../manifest/meaning/worlds.ts';

/** Places what a verification says about the manifest in the text of a wrapper, if the package was made from that. */
export async function placeInWrapper(
  { findings, id }: PackageReport,
  manifestFile: string,
): Promise<readonly Finding[]> {
  const isOurs = await isMadeFrom(manifestFile, id);
  return isOurs ? locateFindings(findings, manifestFile, readText) : findings;
}

/** Whether a wrapper's manifest says the id of the package: only then do findings about one belong to the other. */
async function isMadeFrom(manifestFile: string, id: string | undefined): Promise<boolean> {
  const modules = await Modules.load(manifestFile, readText);
  const worlds = modules ? evaluateManifest(modules) : [];
  return id !== undefined && worlds.some(({ manifest }) => stringOf(child(manifest, 'id')) === id);
}
