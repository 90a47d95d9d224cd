import { call, print } from './code.ts';
import type { Draft } from './draft.ts';

/** `startos/actions`: what users can do with the service beside starting and stopping it. */
export function writeActions(draft: Draft): void {
  const file = draft.file('startos/actions/index.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  file.add([
    '/** What users can do with the service beside starting and stopping it. */',
    `export const actions = ${print(call(`${sdk}.Actions.of`))};`,
  ]);
}
