import type { FuzzTarget } from '../target.ts';
import { archiveTarget } from './archive.ts';
import { blocksTarget } from './blocks.ts';
import { buildOutputTarget } from './build-output.ts';
import { keysTarget } from './keys.ts';
import { manifestTargets } from './manifests.ts';
import { sectionsTarget } from './sections.ts';
import { signedTablesTarget } from './signed-tables.ts';
import { squashfsTarget } from './squashfs.ts';
import { tarTarget } from './tar.ts';

export const TARGETS: readonly FuzzTarget[] = [
  archiveTarget,
  signedTablesTarget,
  sectionsTarget,
  squashfsTarget,
  blocksTarget,
  tarTarget,
  keysTarget,
  ...manifestTargets,
  buildOutputTarget,
];
