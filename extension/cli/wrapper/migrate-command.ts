import { join } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { describePlan } from '../../manifest/wrapper/migrating/describe-plan.ts';
import { type MigrationPlan, migrateFolder, planMigration } from '../../manifest/wrapper/migrating/migrate-folder.ts';
import { MigrationError } from '../../manifest/wrapper/migrating/migration-error.ts';
import { UsageError } from '../arguments.ts';
import { type Command, text } from '../command.ts';
import { complain } from '../output.ts';
import { templateFolder } from '../template-folder.ts';

export const migrateCommand: Command = {
  usage: 's9pk migrate DIR|FILE',
  summary: 'Make a wrapper for StartOS 0.4 of one for 0.3; nothing is deleted, and what you have to decide is listed',
  maxArguments: 1,
  options: {
    into: { type: 'string' },
    'dry-run': { type: 'boolean' },
    overwrite: { type: 'boolean' },
  },
  help: {
    into: ['DIR2', 'the folder of the new wrapper (default: beside the old manifest, in DIR)'],
    'dry-run': ['', 'only say what would be made'],
    overwrite: ['', 'replace files that are there and differ'],
  },
  async run({ positionals: [folder], values, signal }) {
    if (folder === undefined) throw new UsageError('migrate takes a DIR');
    const [into, overwrite] = [text(values, 'into'), values['overwrite'] === true];
    const options = { folder, into, templates: await templateFolder(), overwrite, signal };
    try {
      if (values['dry-run']) {
        const plan = await planMigration(options);
        const shown = describePlan(plan, { overwrite, decisions: 'counted' });
        return { findings: decisions(plan), data: { ...plan, isWritten: false }, text: shown };
      }
      // What will be made is said before it is; what is left to be decided only of what was made.
      if (!values['json'] && !values['quiet'])
        complain(describePlan(await planMigration(options), { overwrite, decisions: 'none' }));
      const { plan, key, isNewKey } = await migrateFolder(options);
      const lines = [
        `${plan.target}: ${plan.files.filter(({ state }) => state !== 'same').length} files written`,
        `  key      ${KEYS[plan.keyState]} ${key}${plan.keyFrom === undefined ? '' : ` of ${plan.keyFrom}`}`,
        ...(isNewKey ? ['           keep a copy of it: updates are known by the key that signs them'] : []),
        `  next     npm install, then s9pk lint ${plan.target} and s9pk pack ${plan.target}`,
      ];
      return { findings: decisions(plan), data: { ...plan, isWritten: true, key, isNewKey }, text: lines.join('\n') };
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      throw new UsageError(`${error.message}${error.isInTheWay ? hintFor(into) : ''}`);
    }
  },
};

const KEYS: Readonly<Record<MigrationPlan['keyState'], string>> = {
  found: 'found',
  copied: 'copied to',
  new: 'made',
};

/** What to do about files that are in the way. */
function hintFor(into: string | undefined): string {
  return into === undefined
    ? '; --into DIR2 makes the wrapper in another folder, --overwrite replaces them: then keep copies of what is yours in them'
    : '; --overwrite replaces them, --into makes the wrapper in another folder';
}

/** What is left to be decided, as lint will find it. */
function decisions({ target, decisions: list }: MigrationPlan): Finding[] {
  return list.map(({ code, message, file, line }) => finding(code, message, { file: join(target, file), line }));
}
