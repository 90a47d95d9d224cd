import parseExpression from 'spdx-expression-parse';
import deprecated from 'spdx-license-ids/deprecated.json' with { type: 'json' };
import ids from 'spdx-license-ids/index.json' with { type: 'json' };
import { type Finding, finding } from '../engine/finding.ts';
import { suggest } from '../engine/package/suggest.ts';

/** SPDX identifiers of licences, current ones first. */
export const SPDX_IDS: readonly string[] = [...ids, ...deprecated];

/** Names that packagers write, and what they mean. */
const COMMON_NAMES: Readonly<Record<string, string>> = {
  mit: 'MIT',
  apache: 'Apache-2.0',
  'apache 2.0': 'Apache-2.0',
  'apache-2': 'Apache-2.0',
  apache2: 'Apache-2.0',
  gpl: 'GPL-3.0-or-later',
  'gpl-3': 'GPL-3.0-only',
  gplv3: 'GPL-3.0-only',
  'gpl v3': 'GPL-3.0-only',
  agpl: 'AGPL-3.0-or-later',
  agplv3: 'AGPL-3.0-only',
  'agpl-v3': 'AGPL-3.0-only',
  'agpl-3': 'AGPL-3.0-only',
  lgpl: 'LGPL-3.0-or-later',
  bsd: 'BSD-3-Clause',
  mpl: 'MPL-2.0',
  'mpl 2.0': 'MPL-2.0',
  custom: 'LicenseRef-custom',
  proprietary: 'LicenseRef-proprietary',
};

/** Whether a text is an SPDX expression (`MIT`, `MIT OR Apache-2.0`, `LicenseRef-custom`). */
function isSpdx(text: string): boolean {
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}

/** What there is to say about a manifest's licence. */
export function checkLicense(license: string | undefined): Finding[] {
  if (license === undefined || isSpdx(license)) return [];
  const path = '/license';
  const near = suggestSpdx(license);
  // SPDX compares identifiers without regard to case; only its own spelling differs.
  if (near?.toLowerCase() === license.toLowerCase()) {
    return [finding('manifest-license-case', `SPDX writes "${license}" as "${near}"`, { path })];
  }
  const hint = near ? `; did you mean "${near}"?` : '';
  return [finding('manifest-license', `"${license}" is not an SPDX identifier${hint}`, { path })];
}

/** The SPDX identifier that is probably meant. */
export function suggestSpdx(text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  const same = SPDX_IDS.find((id) => id.toLowerCase() === lower);
  return same ?? COMMON_NAMES[lower] ?? (lower.length > 3 ? suggest(text.trim(), SPDX_IDS) : undefined);
}
