import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copies } from '../../../extension/engine/image/build/copies.ts';
import { dataOfJson } from '../../../extension/manifest/meaning/data-of-json.ts';
import { exportedNames } from '../../../extension/manifest/rules-03/script-exports.ts';
import { checkContext } from '../../../extension/manifest/wrapper/docker/build-context.ts';
import { checkDockerfile } from '../../../extension/manifest/wrapper/docker/dockerfile.ts';
import { isIgnored } from '../../../extension/manifest/wrapper/docker/dockerignore.ts';
import { checkMakefile } from '../../../extension/manifest/wrapper/makefile.ts';
import { checkSubmodules } from '../../../extension/manifest/wrapper/submodules.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { mutateText } from '../mutate.ts';
import type { Random } from '../random.ts';
import { bytesOf, type FuzzTarget, textOf } from '../target.ts';

const SEEDS = [
  'FROM alpine AS base\nRUN make\nCOPY --chown=1:1 a*.txt "b c" /x/\nADD ["d", "e", "/y"]\nCOPY --from=base /a /b\nCOPY a \\\n# why\n  b \\\n  /z\nCOPY <<EOF /heredoc\ntext\nEOF\n',
  '# what stays\n*\n!Dockerfile\n!src/**\n**/.startos\n.git\n/build/\nte?t\n[abc]\n\\!x\n',
  'ARCHES := x86 arm\nexport FOO = bar\ninclude node_modules/@start9labs/start-sdk/s9pk.mk # why\nall:\n\techo\n',
  '[submodule "a"]\n\tpath = a b\n\turl = https://example.org/a.git\n[submodule "b"]\n\tpath = ../up\n\tbranch = main\n',
  'import { matches } from "https://deno.land/x/sdk/mod.ts";\nexport const getConfig = async () => ({ result: {} }), setConfig = 1;\nexport { a as migration, b };\nexport default function main() {}\nexport * from "./word.ts";\n',
];
const WORDS: readonly [string, ...string[]] = [
  ...([
    '*',
    '**',
    '**/',
    '?',
    '!',
    '\\',
    '\\\n',
    '# x\n',
    '\n',
    ' ',
    '\t',
    '\r\n',
    '"',
    "'",
    '[',
    ']',
    '--from=a ',
  ] as const),
  ...[
    'COPY ',
    'ADD ',
    'RUN ',
    '<<EOF',
    'path = ',
    'ARCHES = ',
    'include s9pk.mk\n',
    'export ',
    'import ',
    'from "',
    '{',
    '}',
  ],
  ...['a', '.startos', '/', '..', '$X', '=', '+=', '(', 'constructor', '\u0000', '\u2028', '😀', '\ud800'],
];

/** What stands around a manifest, written by whoever wrote the wrapper: a text is read as each of these files. */
export const wrapperTextsTarget: FuzzTarget = {
  name: 'wrapper-texts',
  covers: [
    'extension/engine/image/build/copies.ts',
    'extension/manifest/wrapper/docker/{build-context,dockerfile,dockerignore}.ts',
    'extension/manifest/wrapper/{makefile,submodules}.ts',
    'extension/manifest/rules-03/script-exports.ts',
  ],
  seeds: async () => SEEDS.map(bytesOf),

  /** The same again and again, as long as readers that look back at every place need hours for, and other orders of words. */
  async make(random: Random) {
    const word = () => random.pick(WORDS);
    if (random.oneIn(3)) return bytesOf(word() + (word() + word()).repeat(random.size(30_000)) + word() + word());
    return bytesOf(Array.from({ length: random.size(500) }, word).join(''));
  },
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input) {
    const text = textOf(input);
    await using temporary = await temporaryFolder();
    const folder = temporary.path;
    await mkdir(join(folder, '.startos'));
    await mkdir(join(folder, 'startos', 'manifest'), { recursive: true });
    const names = [
      'Dockerfile',
      '.dockerignore',
      'Makefile',
      '.gitmodules',
      'startos/manifest/index.ts',
      'a'.repeat(250),
    ];
    for (const name of names) await writeFile(join(folder, name), text);
    const lines = text.split('\n').length;
    for (const { words, line } of copies(text)) {
      assert.ok(words.length > 1);
      assert.ok(line >= 1 && line <= lines, `there is no line ${line}`);
    }
    const root = dataOfJson(
      new Map([
        ['id', 'x'],
        ['images', new Map([['main', new Map()]])],
      ] as never),
    );
    const found = [
      ...(await checkDockerfile(join(folder, 'Dockerfile'), folder)),
      ...(await checkContext(folder, '.', join(folder, 'Dockerfile'), '/images/main')),
      ...(await checkMakefile(folder, root)),
      ...(await checkSubmodules(folder)),
    ];
    for (const { code, message, where } of found) {
      assert.ok(message !== '', code);
      assert.ok(
        where.line === undefined || (where.line >= 1 && where.line <= lines),
        `${code} is on line ${where.line}`,
      );
    }
    for (const path of ['.startos', 'a/b/c', '']) assert.equal(typeof isIgnored(text, path), 'boolean');
    for (const name of exportedNames(text) ?? []) assert.ok(text.includes(name), name);
  },
};
