import { type Finding, finding } from '../finding.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { SquashfsImage } from '../squashfs/read/image-reader.ts';
import { SquashfsError } from '../squashfs/squashfs-error.ts';

/** The last id that devices map into a service's container (s9pk-v2 section 7). */
const LAST_ID = 65_535;

/**
 * What devices will have trouble with in an image that they can mount: owners that they do not map, and a user that they
 * cannot look up. Reads the table of owners and two names, no more.
 * @param path of the image in the package, for the findings
 */
export async function checkImage(squashfs: ByteSource, path: string): Promise<Finding[]> {
  try {
    const image = await SquashfsImage.open(squashfs);
    const findings: Finding[] = [];
    const filters = await image.xzFilters();
    if (filters.length > 0) {
      const message = `${path} is compressed with xz and filters for machine code (${filters.join(', ')}); devices read that, but nobody can look into it here`;
      findings.push(finding('image-unread', message, { path }));
    }
    const owners = (await image.ids()).filter((id) => id > LAST_ID);
    if (owners.length > 0) {
      const shown = owners.slice(0, 3).join(', ') + (owners.length > 3 ? ', …' : '');
      const message = `files in ${path} belong to ${shown}; devices know owners up to ${LAST_ID} only`;
      findings.push(finding('image-owner', message, { path }));
    }
    const missing: string[] = [];
    for (const name of ['etc/passwd', 'etc/group']) if (!(await image.lookUp(name))) missing.push(`/${name}`);
    if (missing.length > 0) {
      const message = `${path} has no ${missing.join(' and no ')}, in which devices look up the user that programs run as`;
      findings.push(finding('image-passwd', message, { path }));
    }
    return findings;
  } catch (error) {
    if (!(error instanceof SquashfsError)) throw error;
    return [
      finding('image-unread', `${path} is packed as it is, but cannot be looked into here: ${error.message}`, { path }),
    ];
  }
}
