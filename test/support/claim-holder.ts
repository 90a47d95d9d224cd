import { parentPort } from 'node:worker_threads';
import { Claim } from '../../extension/engine/turns/claim.ts';

/** A process or thread that has a name until it is ended from outside. */

const [, , subject = '', platform] = process.argv;
const claim = await Claim.of(subject, platform as NodeJS.Platform);
if (!claim?.isHeld) throw new Error('the name is taken');
if (parentPort) parentPort.postMessage('held');
else process.send?.('held');
