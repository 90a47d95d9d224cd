import { IMPOSSIBLE, VersionInfo } from '@start9labs/start-sdk';

/** The version of the upstream project, and after the colon that of this wrapper. */
export const current = VersionInfo.of({
  version: '1.0.0:0',
  releaseNotes: { en_US: 'First release.' },
  migrations: { up: async () => {}, down: IMPOSSIBLE },
});
