import { type Checkup, type DoctorOptions, examine } from '../../engine/doctor.ts';
import { checkInstalled } from '../../engine/pack/bundle/npm-install.ts';
import { type FoundManifest, findManifest } from './find-manifest.ts';
import { checkSubmodules } from './submodules.ts';

/** All that the doctor says of a folder: the wrapper first, then what packing it needs. */
export async function examineFolder(options: DoctorOptions): Promise<Checkup[]> {
  return [...(await examineWrapper(options.folder)), ...(await examine(options))];
}

/**
 * What the doctor says of a wrapper itself: for which StartOS it is, what of it is not installed and not checked out.
 * Nothing where there is no wrapper. Nothing is executed.
 */
export async function examineWrapper(folder: string): Promise<Checkup[]> {
  const found = await findManifest(folder).catch(() => undefined);
  if (!found) return [];
  const checkups: Checkup[] = [{ what: 'wrapper', state: 'fine', detail: describe(found) }];
  for (const { message } of await checkInstalled(folder))
    checkups.push({ what: 'node_modules', state: 'wanting', detail: what(message), mend: 'npm ci' });
  for (const { message } of await checkSubmodules(folder))
    checkups.push({
      what: 'git submodule',
      state: 'missing',
      detail: what(message),
      mend: 'git submodule update --init',
    });
  return checkups;
}

/** A finding's first half: what is to be done about it stands beside. */
function what(message: string): string {
  return message.replace(/;.*$/s, '');
}

function describe({ reading, other, file }: FoundManifest): string {
  const generations = [reading, other?.reading].flatMap((item) => item?.generation ?? []);
  if (generations.length === 0) return `${file} holds no manifest that can be recognised`;
  const sdk = reading?.sdk ? `, start-sdk ${reading.sdk.text}` : '';
  return `for StartOS ${generations.join(' and ')}${sdk}`;
}
