import { FileHelper } from '@start9labs/start-sdk';
import { sdk } from './sdk';

/** What the action writes and the service reads, in the volume that is mounted at /data. */
export const greetingFile = FileHelper.string({ base: sdk.volumes.main, subpath: 'greeting' });
