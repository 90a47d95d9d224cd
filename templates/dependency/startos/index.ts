import { buildManifest } from '@start9labs/start-sdk';
import { actions } from './actions';
import { restoreInit } from './backups';
import { setDependencies } from './dependencies';
import { setInterfaces } from './interfaces';
import { manifest as sdkManifest } from './manifest';
import { sdk } from './sdk';
import { versions } from './versions';

export { actions } from './actions';
export { createBackup } from './backups';
export { main } from './main';

export const init = sdk.setupInit(restoreInit, versions, setInterfaces, setDependencies, actions);
export const uninit = sdk.setupUninit(versions);
export const manifest = buildManifest(versions, sdkManifest);
