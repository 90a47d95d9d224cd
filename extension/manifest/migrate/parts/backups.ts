import { quote } from '../code.ts';
import type { Draft } from '../draft.ts';
import { mark, onOneLine } from '../marks.ts';
import { at, entriesAt, isTrueAt, textAt } from '../read.ts';
import { seeSources } from '../scripts.ts';

/** `startos/backups.ts`: the volumes that the procedures of 0.3 backed up. */
export function writeBackups(draft: Draft): void {
  const file = draft.file('startos/backups.ts');
  const data = draft.dataVolumes();
  const create = at(draft.manifest, 'backup', 'create');
  const mounted = entriesAt(create, 'mounts').map(([id]) => id);
  const isKnown = textAt(create, 'type') === 'docker' && mounted.includes('BACKUP');
  const volumes = isKnown ? data.filter((id) => mounted.includes(id)) : data;
  const left = data.filter((id) => !volumes.includes(id));
  const sdk = file.use('sdk', 'startos/sdk');
  file.add([
    ...ownProcedures(draft).map((what) => mark('migrate-backup', what)),
    ...(left.length > 0 ? [`// ${onOneLine(`Not backed up, as in 0.3: ${left.join(', ')}.`)}`] : []),
    `export const { createBackup, restoreInit } = ${sdk}.setupBackups(async () => ${sdk}.Backups.ofVolumes(${volumes.map(quote).join(', ')}));`,
  ]);
}

/** What was done besides copying volumes. */
function ownProcedures(draft: Draft): string[] {
  return (['create', 'restore'] as const).flatMap((key) => {
    const procedure = at(draft.manifest, 'backup', key);
    if (textAt(procedure, 'type') === 'script') {
      const name = key === 'create' ? 'createBackup' : 'restoreBackup';
      return [
        `${name} was a function of the scripts${seeSources(draft, new RegExp(`\\b${name}\\b`))}; see whether it did more than copy volumes`,
      ];
    }
    const entrypoint = textAt(procedure, 'entrypoint') ?? '';
    if (isTrueAt(procedure, 'system') && entrypoint.trim() === 'compat') return [];
    const hook = key === 'create' ? 'setPreBackup and setPostBackup' : 'setPostRestore';
    return [`${entrypoint} ran to ${key} backups; what it did besides copying volumes belongs into ${hook}`];
  });
}
