import { resolve } from 'node:path';

const VERSION = '1.7.12';

/** The linter of workflows: its source, and where `npm run setup` puts what Go makes of it. */
export const ACTIONLINT = {
  module: `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`,
  program: resolve(
    '.vscode-test',
    `actionlint-${VERSION}`,
    process.platform === 'win32' ? 'actionlint.exe' : 'actionlint',
  ),
} as const;
