import type { DataNode } from '../../meaning/data-tree.ts';
import { call, object, print, quote } from '../code.ts';
import { SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { freeId } from '../names.ts';
import { at, entriesAt, textAt, textsAt } from '../read.ts';
import { scriptTexts, seeSources } from '../scripts.ts';
import type { FoundSpec } from './find-spec.ts';
import { FormWriter } from './form.ts';
import { storedModule } from './stored.ts';

/** Where `compat` keeps what is configured, in its volume. */
const STORED = 'start9/config.yaml';

/** What of the configuration other modules use. */
export interface WrittenConfig {
  /** Lines at the beginning of main. */
  readonly before: readonly string[];
  /** Comments above the list of actions. */
  readonly marks: readonly string[];
  readonly isAction: boolean;
}

/**
 * `startos/config` and the action that shows it: the form of 0.3, and the file in which 0.3 kept what was entered, so that
 * what was configured stays so and scripts find it where they look.
 */
export function writeConfig(draft: Draft): WrittenConfig {
  const nothing = { before: [], marks: [], isAction: false };
  const config = at(draft.manifest, 'config');
  if (config?.kind !== 'object') return nothing;
  const { spec: found } = draft.facts;
  const volume = configVolume(draft, at(config, 'get'));
  if (!found || volume === undefined) {
    const what = `the form of the configuration could not be read without running scripts${seeSources(draft, /\b[gs]etConfig\b/)}; write an action for it`;
    return { ...nothing, marks: [mark('migrate-config', what)] };
  }
  const hasDifference = writeSpec(draft, found);
  writeFile(draft, found, volume, hasDifference);
  writeAction(draft);
  writeTask(draft);
  const main = draft.file('startos/main.ts');
  const file = main.use('configFile', 'startos/config/file');
  const before = [
    '  // A change of the configuration starts the service again, as in StartOS 0.3.',
    `  await ${file}.read().const(effects);`,
  ];
  return { before, marks: [], isAction: true };
}

/** The volume in which the file is: the one that compat is given, else the main one. */
function configVolume(draft: Draft, get: DataNode | undefined): string | undefined {
  const data = draft.dataVolumes();
  const args = textsAt(get, 'args');
  const mounted = entriesAt(get, 'mounts').find(([id, path]) => data.includes(id) && args.includes(textAt(path) ?? ''));
  return mounted?.[0] ?? draft.mainVolume();
}

function writeSpec(draft: Draft, { spec, file: source }: FoundSpec): boolean {
  const file = draft.file('startos/config/spec.ts');
  const writer = new FormWriter(file);
  const { spec: code, difference, marks } = writer.whole(spec);
  file.add(writer.builders(), [
    ...marks,
    `/** What can be configured, as ${inComment(source)} had it. */`,
    `export const configSpec = ${print(code)};`,
  ]);
  if (!difference) return false;
  file.add([
    '/** What StartOS 0.3 kept in another form than this one gives it. */',
    `export const configForm: ${file.use('type Form', storedModule(draft))} = ${print(difference)};`,
  ]);
  return true;
}

function writeFile(draft: Draft, { keeper }: FoundSpec, volume: string, hasDifference: boolean): void {
  const file = draft.file('startos/config/file.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  const base = /^[a-z]+$/.test(volume) ? `${sdk}.volumes.${volume}` : `${sdk}.volumes[${quote(volume)}]`;
  const path = object({ base, subpath: quote(STORED) });
  const shape = `${file.use('configSpec', 'startos/config/spec')}.partialValidator`;
  const args = [path, shape];
  if (hasDifference) {
    const form = file.use('configForm', 'startos/config/spec');
    const module = storedModule(draft);
    const onRead = `(data) => ${file.use('fromStored', module)}(${form}, data)`;
    const onWrite = `(data) => ${file.use('toStored', module)}(${form}, data)`;
    args.push(object({}), object({ onRead, onWrite }));
  }
  const marks = [];
  if (keeper === 'script') {
    const what = `scripts kept the configuration themselves${seeSources(draft, /\bsetConfig\b/)}; name the file that the service reads`;
    marks.push(mark('migrate-config', what));
  }
  file.add([
    ...marks,
    '/** What was configured, where StartOS 0.3 kept it and the service reads it. */',
    `export const configFile = ${print(call(`${file.use('FileHelper', SDK)}.yaml`, ...args))};`,
  ]);
}

function writeAction(draft: Draft): void {
  const file = draft.file('startos/actions/config.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  const configFile = file.use('configFile', 'startos/config/file');
  const metadata = object({
    name: file.say('Configuration'),
    description: file.say(`What can be configured of ${draft.title}`),
    warning: 'null',
    allowedStatuses: quote('any'),
    group: 'null',
    visibility: quote('enabled'),
  });
  const run = [
    'async ({ effects, input }) => {',
    ...setMarks(draft).map((line) => `  ${line}`),
    '  // What no form asks for stays in the file.',
    `  const before = await ${configFile}.read().once();`,
    `  await ${configFile}.write(effects, { ...before, ...input });`,
    '}',
  ];
  const action = call(
    `${sdk}.Action.withInput`,
    quote(configId(draft)),
    `async () => (${print(metadata)})`,
    file.use('configSpec', 'startos/config/spec'),
    `async () => ${configFile}.read().once()`,
    run.join('\n'),
  );
  file.add([`export const showConfig = ${print(action)};`]);
}

function configId(draft: Draft): string {
  return freeId(
    'config',
    entriesAt(draft.manifest, 'actions').map(([id]) => id),
  );
}

/** What was done besides keeping the values. */
function setMarks(draft: Draft): string[] {
  const set = at(draft.manifest, 'config', 'set');
  if (textAt(set, 'type') === 'docker') return [];
  const texts = scriptTexts(draft).map(([, text]) => text);
  const isPlain = texts.some((text) => /\bsetConfig\b[^=\n]*=\s*compat\.setConfig\s*(?:;|\n|$)/.test(text));
  if (isPlain) return [];
  const what = `setConfig was a function of the scripts${seeSources(draft, /\bsetConfig\b/)}; do here what it did besides keeping the values`;
  return [mark('migrate-config', what)];
}

/** `startos/config/task.ts`: 0.3 starts no service before it is configured. */
function writeTask(draft: Draft): void {
  const file = draft.file('startos/config/task.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  const reason = object({ reason: file.say('The service needs its configuration before it is started') });
  const task = call(
    `${sdk}.action.createOwnTask`,
    'effects',
    file.use('showConfig', 'startos/actions/config'),
    quote('critical'),
    reason,
  );
  file.add([
    '/** Asks for the configuration where there is none yet. */',
    `export const askForConfig = ${sdk}.setupOnInit(async (effects) => {`,
    `  if ((await ${file.use('configFile', 'startos/config/file')}.read().once()) !== null) return;`,
    `  await ${print(task, 2)};`,
    '});',
  ]);
}

const inComment = (path: string) => path.replaceAll('*/', '');
