import { temporaryFolder } from '../support/tools.ts';
import { benchActivation } from './activation.ts';
import { benchImages } from './images.ts';
import { benchManifests } from './manifest.ts';
import { benchPackages } from './packages.ts';
import { benchScale } from './scale/run.ts';
import { benchSections } from './sections.ts';

const has = (option: string) => process.argv.includes(option);

/** `npm run bench`, or `npm run bench -- packages` for one part; `-- scale --plot` draws how time and memory grow. */
const PARTS: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  manifests: () => benchManifests(),
  packages: benchPackages,
  sections: benchSections,
  images: benchImages,
  activation: benchActivation,
  scale: () => benchScale({ full: has('--full'), ...(has('--plot') && { plots: '.bench' }) }),
};

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
for (const [name, part] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await using temporary = await temporaryFolder();
  await part(temporary.path);
}
