import { VersionGraph } from '@start9labs/start-sdk';
import { current } from './current';

/** Older versions go into `other`, so that data of theirs can be migrated. */
export const versions = VersionGraph.of({ current, other: [] });
