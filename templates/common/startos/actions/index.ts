import { sdk } from '../sdk';

/** What users can do with the service beside starting and stopping it. */
export const actions = sdk.Actions.of();
