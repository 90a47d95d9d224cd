import assert from 'node:assert/strict';
import { BUDGET } from '../../../extension/engine/budget.ts';
import type { Finding } from '../../../extension/engine/finding.ts';
import { explainFailure } from '../../../extension/engine/image/build/explain-failure.ts';
import { explainInstall } from '../../../extension/engine/pack/bundle/npm-install.ts';
import {
  bundleErrors,
  formatFindings,
  lastWords,
  lintFindings,
  typeErrors,
} from '../../../extension/engine/pack/bundle/tool-findings.ts';
import { LineSplitter } from '../../../extension/engine/process/output.ts';
import { mutateText } from '../mutate.ts';
import { bytesOf, type FuzzTarget, textOf } from '../target.ts';

const SEEDS = [
  "startos/a.ts(1,2): error TS2322: Type 'string' is not assignable.\n  The expected type comes from here\nerror TS5083: Cannot read file.\n",
  '/w/startos/main.ts\n   1:2  error    No console here  no-console\n  10:20  warning  Odd\n\n✖ 2 problems (1 error, 1 warning)\n',
  'Checking formatting...\n[warn] startos/index.ts\n[warn] Code style issues found\n',
  "ncc: Version 0.38.4\nModule not found: Error: Can't resolve './gone' in '/w/startos'\n    at x (startos/index.ts:3:4)\n",
  'npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org/x failed\nnpm error A complete log of this run can be found in: /x.log\n',
  'npm ERR! `npm ci` can only install packages when your package.json and package-lock.json are in sync. Missing: a@1 from lock file\n',
  'ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2\nDockerfile:12\n--------------------\n',
  'Error: building at STEP "RUN [\\"a\\", \\"b\\"]": while running runtime: exit status 1\nno builder "x" found\n',
];
const WORDS: readonly [string, ...string[]] = [
  ...([
    '\n',
    ' ',
    '  ',
    '\t',
    '(',
    ')',
    '1,2',
    ': ',
    ':',
    'error ',
    'TS1: ',
    'warning ',
    '\u001b[31m',
    '\u001b[',
  ] as const),
  ...[
    'npm ',
    'npm error ',
    'ERROR: ',
    'Dockerfile:',
    '-----',
    '"',
    '\\',
    "Can't resolve '",
    ' in ',
    'startos/a.ts',
    '.ts:1:2',
  ],
  ...[
    'no builder ',
    'no image found ',
    ' for architecture',
    'building at STEP "',
    'Missing: ',
    'fatal: ',
    '[warn] ',
    '✖',
    '1:2',
  ],
];

/** What compilers, linters, npm and builders print, which findings are made of. */
export const programOutputTarget: FuzzTarget = {
  name: 'program-output',
  covers: [
    'extension/engine/pack/bundle/tool-findings.ts',
    'extension/engine/image/build/explain-failure.ts',
    'extension/engine/process/output.ts',
  ],
  seeds: async () => SEEDS.map(bytesOf),

  async make(random) {
    const word = () => random.pick(WORDS);
    if (random.oneIn(3)) return bytesOf(word() + (word() + word()).repeat(random.size(30_000)) + word() + word());
    return bytesOf(Array.from({ length: random.size(500) }, word).join(''));
  },
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input, random) {
    // As it comes: in pieces, and no line longer than those that are handed on.
    const lines: string[] = [];
    const splitter = new LineSplitter((line) => lines.push(line));
    const whole = textOf(input);
    for (let at = 0; at < whole.length; ) {
      const length = 1 + random.size(whole.length);
      splitter.add(whole.slice(at, at + length));
      at += length;
    }
    splitter.end();
    const output = lines.join('\n');
    const subject = { id: 'main', arch: 'x86_64', dockerfile: '/w/Dockerfile' };
    const found: Finding[] = [
      ...typeErrors(output, '/w'),
      ...lintFindings(output, '/w'),
      ...formatFindings(output, '/w', 'config'),
      ...bundleErrors(output, 'ncc', '/w/startos/index.ts', '/w'),
      explainInstall(output, 'ci', '/w'),
      explainFailure(output, subject),
    ];
    assert.ok(found.length <= 5 * (BUDGET.findingsOfOneCode + 1));
    for (const { code, message, where } of found) {
      assert.ok(message !== '', code);
      assert.ok(where.line === undefined || Number.isInteger(where.line), code);
    }
    assert.ok(lastWords(output) !== '');
  },
};
