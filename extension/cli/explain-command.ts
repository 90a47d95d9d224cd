import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FINDING_CODES, type FindingCode } from '../engine/finding-codes.ts';
import { readText } from '../engine/io/whole-file.ts';
import { suggest } from '../engine/package/suggest.ts';
import { UsageError } from './arguments.ts';
import type { Command } from './command.ts';

/** Where the pages are, from the bundle and from the sources. */
const PAGE_FOLDERS = ['../docs/findings', '../../docs/findings'];

export const explainCommand: Command = {
  usage: 's9pk explain CODE',
  summary: 'Say what a finding means, and how to mend it',
  maxArguments: 1,
  options: {},
  help: {},
  async run({ positionals: [code] }) {
    if (code === undefined) throw new UsageError('explain takes a CODE, such as manifest-id');
    if (!Object.hasOwn(FINDING_CODES, code)) {
      const near = suggest(code, Object.keys(FINDING_CODES));
      throw new UsageError(`there is no finding "${code}"${near === undefined ? '' : `; did you mean ${near}?`}`);
    }
    const [kind, severity] = FINDING_CODES[code as FindingCode];
    const page = await readPage(code);
    return { findings: [], data: { code, class: kind, severity, page }, text: page.trimEnd() };
  },
};

async function readPage(code: string): Promise<string> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  for (const folder of PAGE_FOLDERS) {
    const page = await readText(join(here, folder, `${code}.md`));
    if (page !== undefined) return page;
  }
  throw new Error('the pages about findings are not beside the program; install it again');
}
