import { writeFile } from 'node:fs/promises';
import { Staging } from '../../extension/engine/io/staging.ts';

/** A process that has something in a staging folder until it is ended from outside. */

const [, , target = ''] = process.argv;
const staging = await Staging.beside(target);
await writeFile(staging.path('half'), 'half of it');
process.send?.(staging.folder);
