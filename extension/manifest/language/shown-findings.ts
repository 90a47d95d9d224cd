import type { Finding } from '../../engine/finding.ts';
import { lintManifest, type ManifestReading } from '../lint-manifest.ts';

/** What an editor shows of what is wrong with a manifest's text: what is not TypeScript, its own TypeScript says. */
export function shownFindings(reading: ManifestReading): Finding[] {
  return lintManifest(reading).filter(({ code }) => !(reading.usesSdk && code === 'manifest-json'));
}
