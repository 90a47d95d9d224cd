import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { tooDeepAt } from '../../brackets.ts';
import { BUDGET } from '../../budget.ts';
import { type Finding, FindingError, finding } from '../../finding.ts';
import { isFile } from '../../io/path-kind.ts';
import { readWhole } from '../../io/whole-file.ts';
import { positionOf } from '../../line-table.ts';
import { isObject, type JsonValue, parseJson, toJsonValue } from '../../package/json.ts';
import { ensureBundle } from './build-bundle.ts';
import type { BuildOptions } from './build-options.ts';
import { runBundle } from './run-bundle.ts';
import { TYPESCRIPT_MANIFESTS } from './typescript-manifests.ts';

/** A wrapper's manifest as a value, and the file that a person edits to change it. */
export interface ManifestSource {
  readonly value: JsonValue;
  /** `startos/manifest/index.ts`, `startos/manifest.ts`, `manifest.json` or `manifest.yaml`; absolute. */
  readonly file: string;
  readonly findings: readonly Finding[];
}

const PLAIN = ['manifest.json', 'manifest.yaml', 'manifest.yml'];

/** The file in which a person edits the manifest of a 0.4 wrapper; undefined if the folder is not one. */
export async function findManifestFile(folder: string): Promise<string | undefined> {
  for (const name of [...TYPESCRIPT_MANIFESTS, ...PLAIN, 'javascript/index.js']) {
    const path = join(folder, name);
    if (await isFile(path)) return path;
  }
  return undefined;
}

/**
 * Gets a wrapper's manifest: from its bundle, built first if need be, or from a plain file in the 0.4 form.
 * @throws FindingError
 */
export async function readManifestSource(options: BuildOptions): Promise<ManifestSource> {
  const file = await findManifestFile(options.folder);
  if (file === undefined) {
    const message = 'this is not a wrapper: there is no startos/ folder and no manifest.json or manifest.yaml';
    throw new FindingError([finding('wrapper-missing', message, { file: options.folder })]);
  }
  if (!PLAIN.some((name) => file.endsWith(name))) {
    const findings = await ensureBundle(options);
    options.onStage('Reading the manifest');
    const answer = await runBundle(options.javascript, options);
    return { value: answer.manifest, file, findings: [...findings, ...answer.findings] };
  }
  const text = (await readWhole(file)).toString('utf8');
  const { value, findings } = file.endsWith('.json') ? parseJson(text) : parseYaml(text);
  const placed = findings.map((found) => ({ ...found, where: { file, ...found.where } }));
  if (value === undefined) throw new FindingError(placed);
  if (!(await isFile(join(options.javascript, 'index.js')))) {
    const message = 'there is no JavaScript bundle (javascript/index.js); devices start the service with it';
    throw new FindingError([...placed, finding('bundle-missing', message, { file: options.javascript })]);
  }
  if (isVersion03(value)) {
    const message = 'this is a wrapper for StartOS 0.3; this works with wrappers for 0.4 only';
    throw new FindingError([finding('wrapper-missing', message, { file })]);
  }
  return { value, file, findings: placed };
}

/** 0.3 manifests say how their main container runs; nothing in 0.4 has that key. */
function isVersion03(value: JsonValue): boolean {
  const main = isObject(value) ? value.get('main') : undefined;
  return isObject(main) && main.has('type');
}

function parseYaml(text: string): { value?: JsonValue; findings: Finding[] } {
  const unusable = (why: string) => ({ findings: [finding('manifest-json', `not usable YAML: ${why}`, {})] });
  if (text.length > BUDGET.manifestYamlLength)
    return unusable(`it has more than ${BUDGET.manifestYamlLength} characters`);
  if (tooDeepAt(text) !== undefined) return unusable(`more than ${BUDGET.manifestBrackets} brackets are open at once`);
  try {
    const document = parseDocument(text, { prettyErrors: false });
    const findings = document.errors.map((error) => {
      const { line, column } = positionOf(text, error.pos[0]);
      const where = { line, column };
      return finding('manifest-json', `not valid YAML: ${error.message} (line ${line}, column ${column})`, where);
    });
    if (findings.length > 0) return { findings };
    return { value: toJsonValue(document.toJS({ mapAsMap: true, maxAliasCount: 100 })), findings };
  } catch (error) {
    // Nesting without brackets, an alias to nothing, to itself, or to far too much.
    if (!(error instanceof ReferenceError || error instanceof RangeError)) throw error;
    return unusable(error.message);
  }
}
