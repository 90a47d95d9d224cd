import { EXIT_CODES } from '../global-options.ts';
import { type Commands, GLOBAL_WORDS, type OptionWord, spellings, verbsOf } from './words.ts';

/** The manual page, in the man macros of roff. @param version of the program; no date, so that equal versions give equal pages */
export function manPage(commands: Commands, version: string): string {
  const verbs = verbsOf(commands);
  return [
    `.TH S9PK 1 "" ${quoted(`s9pk ${version}`)} "User Commands"`,
    '.SH NAME',
    escaped('s9pk - packs, verifies and shows StartOS service packages'),
    '.SH SYNOPSIS',
    ...verbs.flatMap(({ usage }) => usage.split(', ').flatMap((call) => [`.B ${escaped(call)}`, '.br'])),
    '.SH DESCRIPTION',
    'Packs wrappers for StartOS 0.3 and 0.4 into signed packages, checks wrappers and packages, and looks into packages and the',
    'images in them. What is found has a code, which',
    '.B s9pk explain',
    'explains.',
    '.SH VERBS',
    ...verbs.flatMap(({ usage, summary, options }) => [
      `.SS ${quoted(usage)}`,
      escaped(`${summary}.`),
      ...options.flatMap(entryOf),
    ]),
    '.SH OPTIONS OF EVERY VERB',
    ...GLOBAL_WORDS.flatMap(entryOf),
    '.SH EXIT STATUS',
    ...EXIT_CODES.flatMap(([code, text]) => ['.TP', `.B ${code}`, escaped(text)]),
    '.SH FILES',
    '.TP',
    `.I ${escaped('.startos/build.key.pem')}`,
    'The key that packages of the folder and those below it are signed with.',
    '.SH ENVIRONMENT',
    ...ENVIRONMENT.flatMap(([name, text]) => ['.TP', `.B ${escaped(name)}`, escaped(text)]),
    '',
  ].join('\n');
}

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['NO_COLOR', 'No colours.'],
  ['S9PK_CACHE', 'The folder in which squashfs images are kept between runs.'],
  ['SOURCE_DATE_EPOCH', 'The time that files in packed folders get, in seconds since 1970 (default 0).'],
];

function entryOf(option: OptionWord): string[] {
  const value = option.value === '' ? '' : ` \\fI${escaped(option.value)}\\fR`;
  const names = spellings(option).map((name) => `\\fB${escaped(name)}\\fR`);
  return ['.TP', `${names.join(', ')}${value}`, escaped(option.text)];
}

/** Text that is no request, escape or hyphen to roff. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}

const quoted = (text: string) => `"${escaped(text).replaceAll('"', '\\(dq')}"`;
