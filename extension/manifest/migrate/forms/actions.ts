import type { DataNode } from '../../meaning/data-tree.ts';
import { call, list, object, print, quote } from '../code.ts';
import { type CodeFile, SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { variable } from '../names.ts';
import { mountsCode } from '../parts/mounts.ts';
import { at, entriesAt, isTrueAt, textAt, textsAt } from '../read.ts';
import { seeSources } from '../scripts.ts';
import { FormWriter } from './form.ts';
import { storedModule } from './stored.ts';

const RESULT = 'startos/actions/result';
/** Formats whose output JSON's and YAML's reader understands. */
const AS_YAML = ['json', 'json-pretty', 'yaml'];
const AS_TOML = ['toml', 'toml-pretty'];

/**
 * `startos/actions`: what users can do with the service beside starting and stopping it.
 * @param more names of actions that are no actions of 0.3, with their modules
 * @param marks comments above the list
 */
export function writeActions(
  draft: Draft,
  more: readonly { name: string; from: string }[],
  marks: readonly string[],
): void {
  const file = draft.file('startos/actions/index.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  const own = entriesAt(draft.manifest, 'actions').map(([id, node]) => writeAction(draft, id, node));
  const chain = [...more, ...own].map(({ name, from }) => `  .addAction(${file.use(name, from)})`);
  file.add([
    ...marks,
    '/** What users can do with the service beside starting and stopping it. */',
    chain.length === 0
      ? `export const actions = ${sdk}.Actions.of();`
      : `export const actions = ${sdk}.Actions.of()\n${chain.join('\n')};`,
  ]);
}

function writeAction(draft: Draft, id: string, node: DataNode): { name: string; from: string } {
  const from = `startos/actions/of-03/${fileName(id)}`;
  const file = draft.file(`${from}.ts`);
  const name = variable(id, 'Action');
  const implementation = at(node, 'implementation');
  const isRunnable = textAt(implementation, 'type') === 'docker' && !isTrueAt(implementation, 'system');
  const sdk = file.use('sdk', 'startos/sdk');
  const statuses = textsAt(node, 'allowed-statuses');
  const warning = textAt(node, 'warning');
  const metadata = object({
    name: file.say(textAt(node, 'name') ?? id),
    description: file.say((textAt(node, 'description') ?? '').trim() || id),
    warning: warning === undefined ? 'null' : file.say(warning.trim()),
    allowedStatuses: quote(statusOf(statuses)),
    group: 'null',
    visibility: isRunnable
      ? quote(statuses.length === 0 ? 'hidden' : 'enabled')
      : object({ disabled: quote('Not translated yet') }),
  });
  const head = [quote(id), `async () => (${print(metadata)})`];
  const spec = at(node, 'input-spec');
  const hasInput = entriesAt(spec).length > 0;
  let input: string | undefined;
  if (spec && hasInput) {
    const writer = new FormWriter(file);
    const { spec: code, difference, marks } = writer.whole(spec);
    file.add(writer.builders(), [...marks, `const inputSpec = ${print(code)};`]);
    input = 'input';
    if (difference && isRunnable) {
      const module = storedModule(draft);
      file.add([`const form: ${file.use('type Form', module)} = ${print(difference)};`]);
      input = `${file.use('toStored', module)}(form, input)`;
    }
    head.push('inputSpec', 'async () => null');
  }
  const run = isRunnable
    ? runLines(draft, file, id, node, input)
    : ['async () => {', `  ${mark('migrate-action', untranslated(draft, id, implementation))}`, '}'];
  const kind = hasInput ? 'withInput' : 'withoutInput';
  file.add([`export const ${name} = ${print(call(`${sdk}.Action.${kind}`, ...head, run.join('\n')))};`]);
  return { name, from };
}

/** Runs the program of an action of 0.3, which reads a form and writes its result. */
function runLines(draft: Draft, file: CodeFile, id: string, node: DataNode, input: string | undefined): string[] {
  const implementation = at(node, 'implementation');
  const isInjected = isTrueAt(implementation, 'inject');
  const main = at(draft.manifest, 'main');
  const place = isInjected ? main : implementation;
  const format = textAt(implementation, 'io-format') ?? 'json';
  const command = list([textAt(implementation, 'entrypoint') ?? '', ...textsAt(implementation, 'args')].map(quote));
  const mounts = mountsCode(draft, place, isInjected ? 'main' : `${id}-action`, file);
  const temporary = `${file.use('sdk', 'startos/sdk')}.SubContainer.withTemp`;
  const image = quote(textAt(place, 'image') ?? 'main');
  const isKnown = AS_YAML.includes(format) || AS_TOML.includes(format);
  const marks = [
    ...(isInjected
      ? ['this ran inside the running container; here it runs beside it, with the same volumes and the same network']
      : []),
    ...(isKnown ? [] : [`input and output were ${format}; read the result of the program here`]),
  ].map((what) => `  ${mark('migrate-action', what)}`);
  const options = input === undefined ? '' : `, { input: ${inputText(file, format, input)} }`;
  const name = file.say(textAt(node, 'name') ?? id);
  const result = `${file.use(AS_TOML.includes(format) ? 'tomlResult' : 'yamlResult', writeResults(draft))}(${name}, stdout)`;
  return [
    `async ({ effects${input === undefined ? '' : ', input'} }) => {`,
    ...marks,
    `  const mounts = ${mounts};`,
    `  return ${temporary}(effects, { imageId: ${image} }, mounts, ${quote(id)}, async (subcontainer) => {`,
    `    const { ${isKnown ? 'stdout' : ''} } = await subcontainer.execFail(${print(command)}${options || ', {}'}, null);`,
    ...(isKnown ? [`    return ${result};`] : ['    return null;']),
    '  });',
    '}',
  ];
}

/** JSON is YAML as well. */
function inputText(file: CodeFile, format: string, input: string): string {
  if (AS_TOML.includes(format))
    return `${file.use('TOML', SDK)}.stringify({ ...${input} } as ${file.use('TOML', SDK)}.JsonMap)`;
  return `JSON.stringify(${input})`;
}

function untranslated(draft: Draft, id: string, implementation: DataNode | undefined): string {
  if (textAt(implementation, 'type') === 'docker') {
    const program = [textAt(implementation, 'entrypoint') ?? '', ...textsAt(implementation, 'args')].join(' ');
    return `"${id}" ran ${program} in the image "${textAt(implementation, 'image')}" of StartOS 0.3, which 0.4 does not have`;
  }
  return `"${id}" was a function of the scripts${seeSources(draft, /\baction\b/)}; do here what it did, and make it visible`;
}

function statusOf(statuses: readonly string[]): string {
  const [isRunning, isStopped] = [statuses.includes('running'), statuses.includes('stopped')];
  if (isRunning && !isStopped) return 'only-running';
  return isStopped && !isRunning ? 'only-stopped' : 'any';
}

/** Ids are lower-case letters and dashes; whatever else stands in a manifest is no path. */
const fileName = (id: string) => id.replace(/[^A-Za-z0-9-]+/g, '-') || 'action';

/** `startos/actions/result.ts`: what programs of 0.3 say (s9pk-v1 section 3.5), as 0.4 shows it. */
function writeResults(draft: Draft): string {
  const file = draft.file(`${RESULT}.ts`);
  if (file.isWritten) return RESULT;
  const [yaml, toml, type] = [file.use('YAML', SDK), file.use('TOML', SDK), file.use('type T', SDK)];
  file.add(
    [
      '/** The result of a program of StartOS 0.3 that writes JSON or YAML. */',
      'export function yamlResult(title: string, output: string | Buffer): Result {',
      `  return resultOf(title, output, (text) => ${yaml}.parse(text));`,
      '}',
    ],
    [
      '/** The result of a program of StartOS 0.3 that writes TOML. */',
      'export function tomlResult(title: string, output: string | Buffer): Result {',
      `  return resultOf(title, output, (text) => ${toml}.parse(text));`,
      '}',
    ],
    [`type Result = ${type}.ActionResult & { version: '1' };`],
    [
      '/** What a program writes in no such form is shown as it is. */',
      'function resultOf(title: string, output: string | Buffer, parse: (text: string) => unknown): Result {',
      '  const text = String(output).trim();',
      "  const plain: Result = { version: '1', title, message: text || null, result: null };",
      '  let parsed: unknown;',
      '  try {',
      '    parsed = parse(text);',
      '  } catch {',
      '    return plain;',
      '  }',
      "  if (typeof parsed !== 'object' || parsed === null || !('message' in parsed)) return plain;",
      '  const { message, value, copyable, qr } = parsed as Record<string, unknown>;',
      '  return {',
      "    version: '1',",
      '    title,',
      '    message: String(message),',
      '    result:',
      '      value === null || value === undefined',
      '        ? null',
      "        : { type: 'single', value: String(value), copyable: copyable === true, qr: qr === true, masked: false },",
      '  };',
      '}',
    ],
  );
  return RESULT;
}
