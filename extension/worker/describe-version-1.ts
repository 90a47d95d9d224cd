import { printableName } from '../engine/archive/names.ts';
import type { ByteSource } from '../engine/io/byte-source.ts';
import { describeVersion1 } from '../engine/package/version-1.ts';
import type { PackagePage, PackageSummary } from './protocol.ts';
import { describeSigner } from './signer.ts';

/** Characters of a name or a version. */
const MAX_TEXT = 200;

/** A package for StartOS 0.3, as it says itself what it is; undefined if its header is cut short. */
export async function summarizeVersion1(source: ByteSource): Promise<PackageSummary | undefined> {
  const described = await describeVersion1(source);
  if (!described) return undefined;
  const { publicKey, sections, manifest } = described;
  // Nobody has checked these, and they go into names and lines.
  const text = (key: 'id' | 'title' | 'version') => {
    const value = manifest?.[key];
    return typeof value === 'string' ? { [key]: printableName(value).slice(0, MAX_TEXT) } : {};
  };
  return {
    size: source.size,
    opens: false,
    generation: 1,
    ...text('id'),
    ...text('title'),
    ...text('version'),
    ...(manifest && { manifest }),
    // Whoever it is: nobody checked the signature, so no name is given to the key.
    signer: describeSigner(publicKey, undefined),
    sections: sections.filter(({ size }) => size > 0).map(({ label, size }) => ({ name: printableName(label), size })),
    findings: [],
    entries: [],
  };
}

/** What of the page there is for such a package. */
export function pageOfVersion1(summary: PackageSummary): PackagePage {
  const { manifest = {}, sections = [] } = summary;
  const of = (value: unknown, key: string) =>
    typeof value === 'object' && value !== null && key in value ? (value as Record<string, unknown>)[key] : undefined;
  const texts = [
    { name: 'short', value: of(manifest['description'], 'short') },
    { name: 'long', value: of(manifest['description'], 'long') },
    { name: 'releaseNotes', value: manifest['release-notes'] },
  ] as const;
  const facts = {
    id: manifest['id'],
    license: manifest['license'],
    osVersion: manifest['eos-version'],
    packageRepo: manifest['wrapper-repo'],
    upstreamRepo: manifest['upstream-repo'],
    marketingUrl: manifest['marketing-site'],
    donationUrl: manifest['donation-url'],
    gitHash: manifest['git-hash'],
  };
  return {
    summary,
    texts: texts.flatMap(({ name, value }) => (typeof value === 'string' ? { name, texts: [{ text: value }] } : [])),
    facts: Object.entries(facts).flatMap(([name, value]) => (typeof value === 'string' ? { name, value } : [])),
    images: [],
    dependencies: [],
    shares: sections.map(({ name, size }) => ({ path: name, size })).sort((a, b) => b.size - a.size),
  };
}
