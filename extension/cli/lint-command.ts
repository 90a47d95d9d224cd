import { relative } from 'node:path';
import { lintWrapper } from '../manifest/wrapper/lint-wrapper.ts';
import type { Command } from './command.ts';
import { paint } from './terminal.ts';

export const lintCommand: Command = {
  usage: 's9pk lint [DIR]',
  summary: 'Check a wrapper without building it: its manifest (0.3 and 0.4) and the files around it',
  maxArguments: 1,
  options: { 'manifest-only': { type: 'boolean' } },
  help: { 'manifest-only': ['', "only the manifest's own text, not the files around it"] },
  async run({ positionals, values, signal }) {
    const { findings, manifestFile, generation } = await lintWrapper(positionals[0] ?? '.', {
      manifestOnly: values['manifest-only'] === true,
      signal,
    });
    const count = (severity: string) => findings.filter((found) => found.severity === severity).length;
    const [errors, warnings] = [count('error'), count('warning')];
    const plural = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
    const verdict =
      errors + warnings === 0
        ? paint('green', 'no problems')
        : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
    const what = manifestFile
      ? `${relative(process.cwd(), manifestFile)}${generation ? ` (StartOS ${generation})` : ''}: `
      : '';
    return {
      findings,
      data: { ...(manifestFile && { manifest: manifestFile }), ...(generation && { generation }) },
      text: `${what}${verdict}`,
    };
  },
};
