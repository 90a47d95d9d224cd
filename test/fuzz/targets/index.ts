import type { FuzzTarget } from '../target.ts';
import { archiveTarget } from './archive.ts';
import { blocksTarget } from './blocks.ts';
import { buildOutputTarget } from './build-output.ts';
import { conversionTarget } from './conversion.ts';
import { keysTarget } from './keys.ts';
import { layoutsTarget } from './layouts.ts';
import { manifestTargets } from './manifests.ts';
import { programOutputTarget } from './program-output.ts';
import { sectionsTarget } from './sections.ts';
import { settingsTarget } from './settings.ts';
import { signedTablesTarget } from './signed-tables.ts';
import { squashfsTarget } from './squashfs.ts';
import { tarTarget } from './tar.ts';
import { wordsTarget } from './words.ts';
import { wrapperTextsTarget } from './wrapper-texts.ts';

export const TARGETS: readonly FuzzTarget[] = [
  archiveTarget,
  signedTablesTarget,
  sectionsTarget,
  conversionTarget,
  squashfsTarget,
  blocksTarget,
  tarTarget,
  layoutsTarget,
  keysTarget,
  ...manifestTargets,
  wordsTarget,
  wrapperTextsTarget,
  settingsTarget,
  programOutputTarget,
  buildOutputTarget,
];
