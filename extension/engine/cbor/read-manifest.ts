import { decodeFirst } from 'cborg';
import { BUDGET } from '../budget.ts';
import { type Finding, finding } from '../finding.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { ExactNumber, isObject, type JsonObject, type JsonValue } from '../package/json.ts';
import { checkIntegers } from './integers.ts';
import { checkKey, ManifestTokenizer } from './tokenizer.ts';

const LINE_FEED = 0x0a;

/**
 * The manifest in a package for StartOS 0.3: one CBOR item, and a line feed that is no part of it (s9pk-v1 section 2.1). Lengths
 * may be definite or not, keys in any order.
 * @returns findings instead if it cannot be read, whose place is the section; and what devices refuse in it
 */
export async function readCborManifest(
  section: ByteSource,
): Promise<{ manifest?: JsonObject; findings: readonly Finding[] }> {
  const where = { path: 'manifest' };
  const bad = (message: string) => ({ findings: [finding('manifest-cbor', message, where)] });
  if (section.size > BUDGET.manifestBytes)
    return bad(`the manifest has ${section.size} bytes; more than ${BUDGET.manifestBytes} are not read`);
  const bytes = await section.read(0, section.size);
  if (bytes.length === 0) return bad('the manifest is empty');
  try {
    const tokenizer = new ManifestTokenizer(bytes);
    const options = { tokenizer, useMaps: true, rejectDuplicateMapKeys: true };
    const [value, rest] = decodeFirst(bytes, options) as [unknown, Uint8Array];
    const manifest = toJson(value, 0, { count: 0 });
    if (!isObject(manifest)) return bad('the manifest is no CBOR map');
    const isEnded = rest.length === 0 || (rest.length === 1 && rest[0] === LINE_FEED);
    const atEnd = isEnded ? [] : bad(`there are ${rest.length} bytes after the manifest`).findings;
    return { manifest, findings: [...atEnd, ...checkIntegers(manifest)] };
  } catch (error) {
    return bad(`the manifest cannot be read as CBOR: ${(error as Error).message}`);
  }
}

/** A value as JSON has it. @throws RangeError for what JSON has not, and for too much. */
function toJson(value: unknown, level: number, seen: { count: number }): JsonValue {
  if (level > BUDGET.cborDepth) throw new RangeError(`it is nested more than ${BUDGET.cborDepth} levels deep`);
  if (++seen.count > BUDGET.cborValues) throw new RangeError(`it has more than ${BUDGET.cborValues} values`);
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return new ExactNumber(String(value));
  if (typeof value === 'string' || typeof value === 'boolean' || value instanceof ExactNumber) return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    throw new RangeError(`${value} is no number of a manifest`);
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item, level + 1, seen));
  if (!(value instanceof Map)) throw new RangeError('it holds bytes, which no manifest does');
  const object: JsonObject = new Map();
  for (const [key, item] of value) {
    object.set(checkKey(key), toJson(item, level + 1, seen));
  }
  return object;
}
