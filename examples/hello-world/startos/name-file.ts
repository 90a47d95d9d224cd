import { FileHelper } from '@start9labs/start-sdk';
import { sdk } from './sdk';

/** The file that the server reads the name from, in the volume that is mounted at /data. */
export const nameFile = FileHelper.string({ base: sdk.volumes.main, subpath: 'name' });
