import { call, list, object, print, quote } from '../code.ts';
import { type CodeFile, SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { freeId } from '../names.ts';
import { mountsCode } from '../parts/mounts.ts';
import { at, entriesAt, isTrueAt, textAt, textsAt } from '../read.ts';
import { scriptTexts, seeSources } from '../scripts.ts';

/** Where services leave what compat shows, in their volume. */
const STATS = 'start9/stats.yaml';
const MODULE = 'startos/actions/properties';

/** The page of properties of 0.3 as an action that shows the same; undefined if there was none. */
export function writeProperties(draft: Draft): { name: string; from: string } | undefined {
  const properties = at(draft.manifest, 'properties');
  if (properties?.kind !== 'object') return undefined;
  const file = draft.file(`${MODULE}.ts`);
  const sdk = file.use('sdk', 'startos/sdk');
  const isProgram = textAt(properties, 'type') === 'docker' && !isTrueAt(properties, 'system');
  const taken = entriesAt(draft.manifest, 'actions').map(([id]) => id);
  const metadata = object({
    name: file.say('Properties'),
    description: file.say(`What ${draft.title} says about itself`),
    warning: 'null',
    allowedStatuses: quote('any'),
    group: 'null',
    visibility: quote('enabled'),
  });
  const run = isProgram ? programLines(draft, file) : fileLines(draft, file);
  const id = quote(freeId('properties', taken));
  const action = call(`${sdk}.Action.withoutInput`, id, `async () => (${print(metadata)})`, run.join('\n'));
  file.add([`export const showProperties = ${print(action)};`]);
  writeMembers(file);
  return { name: 'showProperties', from: MODULE };
}

function programLines(draft: Draft, file: CodeFile): string[] {
  const properties = at(draft.manifest, 'properties');
  const isInjected = isTrueAt(properties, 'inject');
  const place = isInjected ? at(draft.manifest, 'main') : properties;
  const command = list([textAt(properties, 'entrypoint') ?? '', ...textsAt(properties, 'args')].map(quote));
  const image = quote(textAt(place, 'image') ?? 'main');
  return [
    'async ({ effects }) => {',
    `  const mounts = ${mountsCode(draft, place, isInjected ? 'main' : 'properties', file)};`,
    `  return sdk.SubContainer.withTemp(effects, { imageId: ${image} }, mounts, 'properties', async (subcontainer) => {`,
    `    const { stdout } = await subcontainer.execFail(${print(command)}, {}, null);`,
    '    return show(String(stdout));',
    '  });',
    '}',
  ];
}

/** What the service writes into a file, which compat and the functions of its library show. */
function fileLines(draft: Draft, file: CodeFile): string[] {
  const volume = draft.mainVolume();
  const isCompat =
    isTrueAt(draft.manifest, 'properties', 'system') ||
    scriptTexts(draft).some(([, text]) => /\bcompat\.properties\b/.test(text));
  const what = `properties were a function of the scripts${seeSources(draft, /\bproperties\b/)}; if it gave something else than ${STATS}, give it here`;
  const marks = isCompat ? [] : [`  ${mark('migrate-action', what)}`];
  if (volume === undefined) return ['async () => {', ...marks, "  return show('');", '}'];
  const text = `String(await sdk.volumes[${quote(volume)}].readFile(${quote(STATS)}).catch(() => ''))`;
  file.use('sdk', 'startos/sdk');
  return ['async () => {', ...marks, `  return show(${text});`, '}'];
}

function writeMembers(file: CodeFile): void {
  const [yaml, type] = [file.use('YAML', SDK), file.use('type T', SDK)];
  file.add(
    [
      '/** Properties of StartOS 0.3, which are `version: 2` and `data` by name, as one group. */',
      `function show(text: string): ${type}.ActionResult & { version: '1' } {`,
      `  const parsed: unknown = ${yaml}.parse(text);`,
      "  const value = membersOf(isData(parsed) ? parsed['data'] : undefined);",
      `  const message = value.length > 0 ? null : ${file.say('There is nothing to show yet')};`,
      `  return { version: '1', title: ${file.say('Properties')}, message, result: { type: 'group', value } };`,
      '}',
    ],
    [
      `function membersOf(data: unknown): ${type}.ActionResultMember[] {`,
      '  if (!isData(data)) return [];',
      `  return Object.entries(data).flatMap(([name, property]): ${type}.ActionResultMember[] => {`,
      '    if (!isData(property)) return [];',
      '    const { type, value, description, copyable, qr, masked } = property;',
      "    const about = { name, description: typeof description === 'string' ? description : null };",
      "    if (type === 'object') return [{ ...about, type: 'group', value: membersOf(value) }];",
      '    const shown = { value: String(value), copyable: copyable === true, qr: qr === true, masked: masked === true };',
      "    return [{ ...about, type: 'single', ...shown }];",
      '  });',
      '}',
    ],
    [
      'function isData(value: unknown): value is Record<string, unknown> {',
      "  return typeof value === 'object' && value !== null && !Array.isArray(value);",
      '}',
    ],
  );
}
