import { sdk } from '../sdk';
import { setGreeting } from './set-greeting';

/** What users can do with the service beside starting and stopping it. */
export const actions = sdk.Actions.of().addAction(setGreeting);
