import { type Commands, GLOBAL_WORDS, type OptionWord, spellings, verbsOf } from './words.ts';

/** Completion for zsh: as a file `_s9pk` in its fpath, or sourced after compinit. */
export function zshCompletion(commands: Commands): string {
  const verbs = verbsOf(commands);
  const described = verbs.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  const cases = verbs.map(({ name, words, options }) => {
    const specs = [
      ...[...options, ...GLOBAL_WORDS].map(specOf),
      ...(words.length > 0 ? [quoted(`1:what:(${words.join(' ')})`)] : []),
      quoted('*:file:_files'),
    ];
    return `    ${name})\n      _arguments ${specs.map((spec) => `\\\n        ${spec}`).join(' ')}\n      ;;`;
  });
  return `#compdef s9pk
_s9pk() {
  local -a verbs
  verbs=(
${described.join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe -t verbs verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
${cases.join('\n')}
  esac
}
if [[ $funcstack[1] == _s9pk ]]; then _s9pk "$@"; else compdef _s9pk s9pk; fi
`;
}

function specOf(option: OptionWord): string {
  const { value, choices, text, isRepeated } = option;
  const names = spellings(option);
  const others = isRepeated ? '*' : `(${names.join(' ')})`;
  const action = choices.length > 0 ? `(${choices.join(' ')})` : '_files';
  const rest = `[${text.replaceAll(/[[\]\\]/g, '\\$&')}]${value === '' ? '' : `:${value.replaceAll(':', '\\:')}:${action}`}`;
  const [only] = names;
  return names.length === 1
    ? quoted(`${others}${only}${rest}`)
    : `${quoted(others)}{${names.join(',')}}${quoted(rest)}`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
