import { VersionInfo } from '@start9labs/start-sdk'
export const current = VersionInfo.of({ version: '1.0.0', releaseNotes: 'First.', migrations: {} })
