import { sdk } from './sdk';

/** Optional dependencies are asked for here, as soon as the configuration wants them. */
export const setDependencies = sdk.setupDependencies(async () => ({}));
