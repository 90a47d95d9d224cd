import type { ConformanceCase } from './case.ts';
import { layerCases, squashfsCases } from './images.ts';
import { manifestCases } from './manifests.ts';
import { olderCases } from './older.ts';
import { packageCases } from './packages.ts';
import { sectionCases } from './section-cases.ts';

/** Every case, made anew; the same bytes each time. */
export async function conformanceCases(): Promise<ConformanceCase[]> {
  return [
    ...(await packageCases()),
    ...olderCases(),
    ...sectionCases(),
    ...(await squashfsCases()),
    ...layerCases(),
    ...manifestCases(),
  ];
}
