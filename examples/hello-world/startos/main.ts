import { i18n } from './i18n';
import { uiPort } from './interfaces';
import { sdk } from './sdk';

export const main = sdk.setupMain(async ({ effects }) => {
  const mounts = sdk.Mounts.of().mountVolume({
    volumeId: 'main',
    subpath: null,
    mountpoint: '/data',
    readonly: true,
  });
  return sdk.Daemons.of(effects).addDaemon('server', {
    subcontainer: sdk.SubContainer.of(effects, { imageId: 'main' }, mounts, 'server'),
    exec: { command: ['/server'] },
    ready: {
      display: i18n('Web Interface'),
      fn: () =>
        sdk.healthCheck.checkPortListening(effects, uiPort, {
          successMessage: i18n('The web page is ready'),
          errorMessage: i18n('The web page is not ready'),
        }),
    },
    requires: [],
  });
});
