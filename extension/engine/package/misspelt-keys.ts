import { type Finding, finding } from '../finding.ts';
import { pointer } from '../json/json-pointer.ts';

/** A key that must be there, and one that is read by nobody but nearly has its name, are one mistake and not two. */
export function mergeMisspelt(findings: readonly Finding[]): Finding[] {
  const merged = new Map<Finding, Finding | undefined>();
  for (const missing of findings) {
    const key =
      missing.code === 'manifest-missing-key' ? /^"([^"]+)" is missing/.exec(missing.message)?.[1] : undefined;
    if (key === undefined) continue;
    const object = missing.where.path ?? '';
    const misspelt = findings.find(
      ({ code, message, where: { path = '' } }) =>
        code === 'manifest-unknown-key' &&
        message.endsWith(`did you mean "${key}"?`) &&
        path.slice(0, path.lastIndexOf('/')) === object,
    );
    const written = misspelt && /^"([^"]+)"/.exec(misspelt.message)?.[1];
    if (!misspelt || written === undefined || merged.has(misspelt)) continue;
    const where = { ...misspelt.where, path: pointer(object, written) };
    merged.set(missing, undefined);
    merged.set(misspelt, finding('manifest-key-misspelt', `"${written}" is no key: did you mean "${key}"?`, where));
  }
  return findings.flatMap((found) => (merged.has(found) ? [merged.get(found) ?? []].flat() : [found]));
}
