import type { ErrorObject } from 'ajv';
import { BUDGET } from '../../engine/budget.ts';
import { type Finding, finding } from '../../engine/finding.ts';
import { FINDING_CODES, type FindingCode } from '../../engine/finding-codes.ts';
import { pointer, pointerSegments } from '../../engine/json/json-pointer.ts';
import { suggest } from '../../engine/package/suggest.ts';
import { validate03 } from '../generated/validators.js';
import { type DataNode, nodeAt } from '../meaning/data-tree.ts';
import { toPlain } from '../meaning/plain-value.ts';
import { schemaAt } from '../schema/schema.ts';
import { formerKey } from './former-keys.ts';

/** Violations that only say that another one, which is reported, makes a whole not fit. */
const CONSEQUENCES = new Set(['anyOf', 'oneOf', 'allOf', 'if']);

/** What the schema of 0.3 manifests finds, in plain words and with the pointer of the key or value. */
export function findSchemaViolations(root: DataNode): Finding[] {
  if (validate03(toPlain(root))) return [];
  const findings = new Map<string, Finding>();
  const counts = new Map<string, number>();
  for (const error of validate03.errors ?? []) {
    if (CONSEQUENCES.has(error.keyword) || error.propertyName !== undefined) continue;
    // Putting each into words takes time, and nobody reads thousands of them.
    const count = (counts.get(error.keyword) ?? 0) + 1;
    counts.set(error.keyword, count);
    if (count > 5 * BUDGET.findingsOfOneCode) continue;
    const found = toFinding(root, error);
    if (found) findings.set(`${found.code} ${found.where.path} ${found.message}`, found);
  }
  return [...findings.values()];
}

function toFinding(root: DataNode, error: ErrorObject): Finding | undefined {
  const { keyword, instancePath: path, params } = error;
  switch (keyword) {
    case 'required':
    case 'dependencies':
    case 'dependentRequired': {
      const key = String(params['missingProperty']);
      return finding('manifest-missing-key', `"${key}" is missing`, { path });
    }
    case 'additionalProperties':
      return unknownKey(root, path, String(params['additionalProperty']));
    case 'propertyNames': {
      const name = String(params['propertyName']);
      return finding('manifest-id', `"${name}" ${idError(path)}`, { path: pointer(path, name) });
    }
    case 'type':
      return wrongType(root, path, params['type'] as string | string[]);
    case 'enum':
    case 'const': {
      const own = schemaAt('0.3', path, root)?.['x-code'];
      const allowed = (params['allowedValues'] ?? [params['allowedValue']]) as (string | null)[];
      const code = own && own in FINDING_CODES ? (own as FindingCode) : 'manifest-type';
      return finding(code, notOneOf(root, path, allowed), { path });
    }
    case 'discriminator': {
      if (params['error'] === 'tag') return undefined;
      const at = pointer(path, 'type');
      return finding('manifest-type', notOneOf(root, at, schemaAt('0.3', at)?.enum), {
        path: at,
      });
    }
    case 'pattern': {
      const schema = schemaAt('0.3', path, root) ?? {};
      const code = schema['x-code'];
      const message = `${show(root, path)} ${schema['x-error'] ?? 'is not written as it must be'}`;
      return finding(code && code in FINDING_CODES ? (code as FindingCode) : 'manifest-type', message, { path });
    }
    case 'minimum':
    case 'maximum':
      return finding('manifest-type', `${show(root, path)} must be ${params['comparison']} ${params['limit']}`, {
        path,
      });
    default:
      return finding('manifest-type', `${show(root, path)} ${error.message}`, { path });
  }
}

function idError(path: string): string {
  const what = path.endsWith('/volumes') || path.endsWith('/mounts') ? 'a volume id' : 'an id';
  return `is not ${what}: use lower-case letters (no digits) in words joined by single dashes`;
}

/** Keys that the reference does not read: it warns, where anybody sees it, and drops them. */
function unknownKey(root: DataNode, path: string, key: string): Finding {
  const known = Object.keys(schemaAt('0.3', path, root)?.properties ?? {});
  const former = formerKey(path, key);
  const near = suggest(key, known);
  const hint = former ?? (near ? `did you mean "${near}"?` : 'check its spelling');
  return finding('manifest-unknown-key', `"${key}" has no effect: ${hint}`, { path: pointer(path, key) });
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  object: 'an object',
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  null: 'null',
};

function wrongType(root: DataNode, path: string, type: string | readonly string[]): Finding | undefined {
  // What is not known cannot be wrong; the reason is reported where it lies.
  if (nodeAt(root, path)?.kind === 'unknown') return undefined;
  const types = typeof type === 'string' ? [type] : type;
  const node = nodeAt(root, path);
  const parent = nodeAt(root, path.slice(0, Math.max(0, path.lastIndexOf('/'))));
  const key = pointerSegments(path).at(-1) ?? '';
  const named = nameIn(parent);
  const written = sourceOf(node);
  const wanted = types.map((name) => NAMES[name] ?? name).join(' or ');
  if (types.includes('string') && node?.kind === 'value' && node.value !== null) {
    if (key === 'version' || key === 'eos-version') {
      const message = `the version ${written} is read as a number; quote it: "${written}"`;
      return finding('manifest-version', message, { path });
    }
    const what = typeof node.value === 'number' ? 'a number' : 'true or false';
    return finding('manifest-type', `${named(key)} must be ${wanted}, and ${written} is ${what}; quote it`, { path });
  }
  if (types.includes('boolean') && /^(?:yes|no|on|off|y|n)$/i.test(written)) {
    return finding('manifest-type', `${named(key)} must be true or false; "${written}" is a text here`, { path });
  }
  if ((types.includes('integer') || types.includes('number')) && /^["']\d+["']$/.test(written)) {
    return finding('manifest-type', `${named(key)} must be ${wanted}; write it without quotes`, { path });
  }
  const actual =
    node === undefined
      ? 'this'
      : node.kind === 'value'
        ? node.value === null
          ? 'null'
          : typeof node.value
        : node.kind === 'array'
          ? 'a list'
          : 'an object';
  return finding('manifest-type', `${named(key)} must be ${wanted}, not ${NAMES[actual] ?? actual}`, { path });
}

/** How a key or an entry of `parent` is called. */
function nameIn(parent: DataNode | undefined): (key: string) => string {
  return (key) => (key === '' ? 'the manifest' : parent?.kind === 'array' ? `entry ${Number(key) + 1}` : `"${key}"`);
}

function notOneOf(root: DataNode, path: string, allowedValues: readonly (string | null)[] = []): string {
  const allowed = allowedValues.filter((value) => value !== null);
  const actual = show(root, path);
  const near = suggest(actual.replaceAll('"', ''), allowed);
  const list = allowed.map((value) => `"${value}"`).join(', ');
  return `${actual} is not one of ${list}${near ? `; did you mean "${near}"?` : ''}`;
}

function show(root: DataNode, path: string): string {
  const node = nodeAt(root, path);
  if (node?.kind === 'value') return typeof node.value === 'string' ? `"${node.value}"` : String(node.value);
  return 'this';
}

/** What stands in the text, as far as it is short. */
function sourceOf(node: DataNode | undefined): string {
  return node ? node.module.text.text.slice(node.start, Math.min(node.end, node.start + 60)) : '';
}
