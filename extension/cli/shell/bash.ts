import { type Commands, GLOBAL_WORDS, type OptionWord, spellings, verbsOf } from './words.ts';

/** Completion for bash 3.2 and newer. Where nothing of ours fits, bash completes files. */
export function bashCompletion(commands: Commands): string {
  const verbs = verbsOf(commands);
  const cases = verbs.flatMap(({ name, words, options }) => [
    `    ${name})`,
    `      options='${[...options, ...GLOBAL_WORDS].flatMap(spellings).join(' ')}'`,
    `      words='${words.join(' ')}'`,
    ...valueCases([...options, ...GLOBAL_WORDS]),
    '      ;;',
  ]);
  return `# bash completion for s9pk
_s9pk() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} verb= options= words= at i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      -*) ;;
      *) verb=\${COMP_WORDS[i]}; at=$i; break ;;
    esac
  done
  case $verb in
    '')
      options='--help --version'
      words='${verbs.map(({ name }) => name).join(' ')}'
      at=$((COMP_CWORD - 1))
      ;;
${cases.join('\n')}
    *) return ;;
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) if ((COMP_CWORD == at + 1)); then COMPREPLY=($(compgen -W "$words" -- "$current")); fi ;;
  esac
}
complete -o default -F _s9pk s9pk
`;
}

/** What comes behind an option that takes a value. */
function valueCases(options: readonly OptionWord[]): string[] {
  const valued = options.filter(({ value }) => value !== '');
  const lines = valued.map((option) => {
    const { choices } = option;
    const reply =
      choices.length > 0 ? `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$current")); return` : 'return';
    return `        ${spellings(option).join('|')}) ${reply} ;;`;
  });
  return ['      case $previous in', ...lines, '      esac'];
}
