import { writeFileSync } from 'node:fs';
import { countsSection, foundSection } from './quality/counts.ts';
import { section, table } from './quality/markdown.ts';
import { FOLDER, SOURCES } from './quality/sources.ts';
import { speedSection } from './quality/speed.ts';
import {
  faultsSection,
  fuzzSection,
  mutantsSection,
  soakSection,
  testsSection,
  windowsSection,
} from './quality/tries.ts';

/**
 * Writes docs/quality.md from the figures that the commands wrote (`npm run quality`). A test holds the page against them, so
 * whatever changes a figure runs this.
 */

export const PAGE = 'docs/quality.md';

/** The page, from what is committed. */
export function qualityPage(): string {
  return `${[
    '# Quality, in figures',
    'Made by `npm run quality` from figures that commands wrote, on the machines that are named; nothing here is written by hand but what\nwas found.',
    testsSection(),
    faultsSection(),
    fuzzSection(),
    windowsSection(),
    mutantsSection(),
    soakSection(),
    speedSection(),
    countsSection(),
    foundSection(),
    section(
      'What is left',
      'What is refused or cut short on purpose is in [limits.md](limits.md), what is promised against whom in\n[SECURITY.md](../SECURITY.md), how fast images are made and why in [performance.md](performance.md).',
    ),
    refreshSection(),
  ].join('\n\n')}\n`;
}

function refreshSection(): string {
  const folder = FOLDER.replaceAll('\\', '/');
  const rows = Object.entries(SOURCES).map(([path, command]) => [
    `[${path.replaceAll('\\', '/')}](../${path.replaceAll('\\', '/')})`,
    `\`${command.includes('bench') ? command : `S9PK_RESULTS=${folder} ${command}`}\``,
  ]);
  return section(
    'Having it done anew',
    'A command that runs in part leaves the figures of the other parts as they were. Then `npm run quality`.',
    table(['Figures', 'Command'], rows),
  );
}

if (import.meta.main) writeFileSync(PAGE, qualityPage());
