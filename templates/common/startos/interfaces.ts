import { i18n } from './i18n';
import { sdk } from './sdk';

/** The port on which the service listens inside its container. */
export const uiPort = __PORT__;

export const setInterfaces = sdk.setupInterfaces(async ({ effects }) => {
  const host = sdk.MultiHost.of(effects, 'ui');
  const origin = await host.bindPort(uiPort, { protocol: 'http' });
  const ui = sdk.createInterface(effects, {
    name: i18n('Web Interface'),
    id: 'ui',
    description: i18n('The web interface of the service'),
    type: 'ui',
    masked: false,
    schemeOverride: null,
    username: null,
    path: '',
    query: {},
  });
  return [await origin.export([ui])];
});
