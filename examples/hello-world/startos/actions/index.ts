import { sdk } from '../sdk';
import { setName } from './set-name';

export const actions = sdk.Actions.of().addAction(setName);
