import { join } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { describePlan } from '../../manifest/wrapper/migrating/describe-plan.ts';
import { type MigrationPlan, migrateFolder, planMigration } from '../../manifest/wrapper/migrating/migrate-folder.ts';
import { MigrationError } from '../../manifest/wrapper/migrating/migration-facts.ts';
import { UsageError } from '../arguments.ts';
import { type Command, text } from '../command.ts';
import { complain } from '../output.ts';
import { templateFolder } from '../template-folder.ts';

export const migrateCommand: Command = {
  usage: 's9pk migrate DIR',
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
    const options = {
      folder,
      into: text(values, 'into'),
      templates: await templateFolder(),
      overwrite: values['overwrite'] === true,
      signal,
    };
    try {
      if (values['dry-run']) {
        const plan = await planMigration(options);
        return { findings: decisions(plan), data: { ...plan, isWritten: false }, text: describePlan(plan) };
      }
      // What will be made is said before it is.
      if (!values['json'] && !values['quiet']) complain(describePlan(await planMigration(options)));
      const { plan, key, isNewKey } = await migrateFolder(options);
      const lines = [
        `${plan.target}: ${plan.files.filter(({ state }) => state !== 'same').length} files written`,
        `  key      ${isNewKey ? 'made' : 'found'} ${key}`,
        `  next     npm install, then s9pk lint ${plan.target} and s9pk pack ${plan.target}`,
      ];
      return { findings: decisions(plan), data: { ...plan, isWritten: true, key, isNewKey }, text: lines.join('\n') };
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      const hint = error.isInTheWay ? '; --overwrite replaces them, --into makes the wrapper in another folder' : '';
      throw new UsageError(`${error.message}${hint}`);
    }
  },
};

/** What is left to be decided, as lint will find it. */
function decisions({ target, decisions: list }: MigrationPlan): Finding[] {
  return list.map(({ code, message, file, line }) => finding(code, message, { file: join(target, file), line }));
}
