import type { Finding } from '../engine/finding.ts';
import type { FindingCode } from '../engine/finding-codes.ts';
import { mergeMisspelt } from '../engine/package/misspelt-keys.ts';

/** Findings that say more than that a name is not an id. */
const TELLING: ReadonlySet<FindingCode> = new Set<FindingCode>([
  'manifest-volume-unknown',
  'manifest-interface-unknown',
  'manifest-dependency-unknown',
  'manifest-system-image',
]);

/** Leaves out what another finding about the same thing says better: one mistake, one report. */
export function withoutEchoes(findings: readonly Finding[]): Finding[] {
  const at = (path: string | undefined, code: FindingCode) =>
    findings.find((other) => other.code === code && other.where.path === path);
  return mergeMisspelt(findings).filter((found) => {
    const { code, where } = found;
    if (code === 'manifest-id')
      return !findings.some((other) => TELLING.has(other.code) && other.where.path === where.path);
    if (code === 'manifest-type' || code === 'manifest-arch')
      return at(where.path, code) === found || code === 'manifest-arch';
    if (code === 'manifest-emulate')
      return !at(`${where.path}/arch`, 'manifest-arch')?.message.includes('no architecture');
    if (code === 'manifest-ignored')
      return at(`${where.path?.replace(/\/[^/]*$/, '')}/type`, 'manifest-type') === undefined;
    return true;
  });
}
