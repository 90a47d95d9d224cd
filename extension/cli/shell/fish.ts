import { type Commands, GLOBAL_WORDS, type OptionWord, verbsOf } from './words.ts';

/** Completion for fish: a file `s9pk.fish` in its folder of completions, or sourced. */
export function fishCompletion(commands: Commands): string {
  const lines = verbsOf(commands).flatMap(({ name, summary, words, options }) => {
    const seen = quoted(`__fish_seen_subcommand_from ${name}`);
    return [
      `complete -c s9pk -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...(words.length > 0 ? [`complete -c s9pk -n ${seen} -a ${quoted(words.join(' '))}`] : []),
      ...options.map((option) => `complete -c s9pk -n ${seen} ${optionOf(option)}`),
    ];
  });
  const everywhere = GLOBAL_WORDS.map((option) => `complete -c s9pk ${optionOf(option)}`);
  return [
    '# fish completion for s9pk',
    ...lines,
    ...everywhere,
    `complete -c s9pk -n __fish_use_subcommand -f -l version -d ${quoted('the version')}`,
    '',
  ].join('\n');
}

function optionOf({ name, short, value, choices, text }: OptionWord): string {
  return [
    ...(short === undefined ? [] : [`-s ${short}`]),
    `-l ${name}`,
    ...(choices.length > 0 ? [`-x -a ${quoted(choices.join(' '))}`] : []),
    ...(choices.length === 0 && value !== '' ? ['-r'] : []),
    `-d ${quoted(text)}`,
  ].join(' ');
}

const quoted = (text: string) => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
