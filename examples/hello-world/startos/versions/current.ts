import { IMPOSSIBLE, VersionInfo } from '@start9labs/start-sdk';

export const current = VersionInfo.of({
  version: '1.0.0:0',
  releaseNotes: {
    en_US: 'First release.',
    de_DE: 'Erste Veröffentlichung.',
    es_ES: 'Primera versión.',
    fr_FR: 'Première version.',
    pl_PL: 'Pierwsze wydanie.',
  },
  migrations: { up: async () => {}, down: IMPOSSIBLE },
});
