import { compareNames } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { type Finding, finding } from '../finding.ts';
import type { FindingCode } from '../finding-codes.ts';
import { pointer } from '../json/json-pointer.ts';
import { fieldOf, readKeys } from '../upstream/lookup.ts';
import type { ManifestObject } from '../upstream/table.ts';
import { isId } from './id.ts';
import { ExactNumber, isObject, type JsonObject, type JsonValue } from './json.ts';
import type { Keeping, LocaleString } from './manifest.ts';
import { suggest } from './suggest.ts';
import { misspeltScheme, normalizeUrl, schemeMessage } from './url.ts';

const LANGUAGE_TAG = /^[a-z]{2,3}_[A-Z]{2}$/;

/** Objects of which nothing is left in a packed manifest, so that nothing can be kept in them. */
const GONE_WHEN_PACKED: readonly ManifestObject[] = ['source', 'dockerBuild', 'metadata'];

/** What reading a manifest collects, and what it does with keys that no row of the table knows. */
export interface Reading {
  readonly findings: Finding[];
  /** Whether they are kept: `said` once for all of them, where a newer upstream wrote them; or with a warning for each. */
  readonly unknown: 'dropped' | 'kept' | 'said';
  /** Pointers of those that are kept and are to be said. */
  readonly kept: string[];
  /** A person writes the text: a key that is nearly one that is known is taken for a slip. */
  readonly isTyped?: boolean;
}

/**
 * Reads typed values out of one JSON object and reports what does not fit, all of it. A getter returns undefined when
 * it has reported, so that the caller can go on and find the next problem.
 */
export class ObjectReader {
  readonly path: string;
  private readonly properties: JsonObject;
  private readonly reading: Reading;

  constructor(properties: JsonObject, path: string, reading: Reading) {
    this.properties = properties;
    this.path = path;
    this.reading = reading;
  }

  /** Reports at the object itself, or at what the keys lead to. */
  report(code: FindingCode, message: string, ...keys: (string | undefined)[]): undefined {
    const path = keys.reduce<string>((at, key) => (key === undefined ? at : pointer(at, key)), this.path);
    this.reading.findings.push(finding(code, message, { path }));
    return undefined;
  }

  has(key: string): boolean {
    return this.properties.has(key);
  }

  /** Warns of every key that is not read, or keeps it. @returns what is kept */
  checkKeys(kind: ManifestObject): Keeping {
    const known = readKeys(kind);
    const kept: JsonObject = new Map();
    let unknown = 0;
    for (const [key, value] of this.properties) {
      if (known.includes(key)) continue;
      // Guessing what each was meant to be takes time, and nobody reads thousands of guesses.
      const isGuessed = ++unknown <= 2 * BUDGET.findingsOfOneCode;
      const fate = fieldOf(kind, key)?.fate;
      const isKept = this.reading.unknown !== 'dropped' && fate === undefined && !GONE_WHEN_PACKED.includes(kind);
      if (isKept) kept.set(key, value);
      const isSlip = this.reading.isTyped === true && isGuessed && suggest(key, known) !== undefined;
      if (isKept && this.reading.unknown === 'said' && !isSlip) this.reading.kept.push(pointer(this.path, key));
      else if (this.reading.unknown === 'said' && GONE_WHEN_PACKED.includes(kind)) this.reportUnread(key);
      else if (isGuessed) this.reportUnknown(key, fate, known);
    }
    const more = unknown - 2 * BUDGET.findingsOfOneCode;
    if (more > 0) this.report('manifest-unknown-key', `and ${more} more keys that have no effect`);
    return kept.size > 0 ? { kept } : {};
  }

  private reportUnread(key: string): void {
    this.report('manifest-unknown-key', `"${key}" is not known here, so packing goes on without it`, key);
  }

  private reportUnknown(key: string, fate: string | undefined, known: readonly string[]): void {
    const near = suggest(key, known);
    const hint = fate ?? (near ? `did you mean "${near}"?` : 'check its spelling');
    this.report('manifest-unknown-key', `"${key}" has no effect: ${hint}`, key);
  }

  /** The value of a key; null and absence are the same where `required` is not set. */
  private value(key: string, required: boolean): JsonValue | undefined {
    const value = this.properties.get(key);
    if (value === undefined && required) this.report('manifest-missing-key', `"${key}" is missing`);
    return value;
  }

  private mismatch(key: string, expected: string, actual: JsonValue): undefined {
    return this.report('manifest-type', `"${key}" must be ${expected}, not ${inWords(actual)}`, key);
  }

  string(key: string): string | undefined {
    const value = this.value(key, true);
    if (value === undefined || typeof value === 'string') return value;
    return this.mismatch(key, 'a text', value);
  }

  optionalString(key: string): string | null | undefined {
    const value = this.value(key, false) ?? null;
    if (value === null || typeof value === 'string') return value;
    return this.mismatch(key, 'a text', value);
  }

  /** A boolean; `fallback` where it is absent, a missing key where there is no fallback. */
  boolean(key: string, fallback?: boolean): boolean | undefined {
    const value = this.value(key, fallback === undefined);
    if (value === undefined) return fallback;
    if (typeof value === 'boolean') return value;
    return this.mismatch(key, 'true or false', value);
  }

  /** An unsigned 64-bit integer, or null; written as one, without point, exponent or sign. */
  optionalInteger(key: string): number | bigint | null | undefined {
    const value = this.value(key, false) ?? null;
    if (value === null) return null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 64) return value;
    if (value instanceof ExactNumber && /^\d+$/.test(value.text) && BigInt(value.text) < 1n << 64n)
      return BigInt(value.text);
    return this.mismatch(key, 'a whole number of bytes below 2^64, or null', value);
  }

  id(key: string): string | undefined {
    const value = this.string(key);
    return value === undefined || this.isId(value, key) ? value : undefined;
  }

  /** Reports a text that is not an id. */
  isId(value: string, key: string): boolean {
    if (isId(value)) return true;
    this.report(
      'manifest-id',
      `"${value}" is not an id: use lower-case letters and digits, joined by single dashes`,
      key,
    );
    return false;
  }

  url(key: string): string | undefined {
    const value = this.string(key);
    return value === undefined ? undefined : this.normalizeUrl(value, key);
  }

  optionalUrl(key: string): string | null | undefined {
    const value = this.optionalString(key);
    return typeof value === 'string' ? this.normalizeUrl(value, key) : value;
  }

  private normalizeUrl(value: string, key: string): string | undefined {
    const url = normalizeUrl(value);
    const meant = misspeltScheme(value);
    if (url !== undefined && meant !== undefined) this.report('manifest-url-scheme', schemeMessage(value, meant), key);
    if (url !== undefined) return url;
    return this.report('manifest-url', `"${value}" is not an absolute URL; write it with https://`, key);
  }

  localeString(key: string): LocaleString | undefined {
    const value = this.value(key, true);
    return value === undefined ? undefined : this.toLocaleString(value, key);
  }

  optionalLocaleString(key: string): LocaleString | null | undefined {
    const value = this.value(key, false) ?? null;
    return value === null ? null : this.toLocaleString(value, key);
  }

  private toLocaleString(value: JsonValue, key: string): LocaleString | undefined {
    if (typeof value === 'string') return value;
    if (!isObject(value)) return this.mismatch(key, 'a text or an object of texts by language', value);
    const texts = new Map<string, string>();
    for (const [tag, text] of value) {
      if (typeof text !== 'string') return this.mismatch(`${key}`, `a text for the language "${tag}"`, text);
      if (!LANGUAGE_TAG.test(tag)) {
        this.reading.findings.push(
          finding('manifest-locale', `"${tag}" is not a language tag such as en_US, so no device will choose it`, {
            path: pointer(pointer(this.path, key), tag),
          }),
        );
      }
      texts.set(tag, text);
    }
    return texts;
  }

  /** A list of texts as a set: sorted by bytes, without duplicates. */
  stringSet(key: string, fallback?: readonly string[]): readonly string[] | undefined {
    const value = this.value(key, fallback === undefined);
    if (value === undefined) return fallback;
    return this.toStringSet(key, value);
  }

  optionalStringSet(key: string): readonly string[] | null | undefined {
    const value = this.value(key, false) ?? null;
    return value === null ? null : this.toStringSet(key, value);
  }

  /** Whether one key stands before another in the text. */
  isBefore(first: string, second: string): boolean {
    const keys = [...this.properties.keys()];
    return keys.indexOf(first) < keys.indexOf(second);
  }

  private toStringSet(key: string, value: JsonValue): readonly string[] | undefined {
    if (!Array.isArray(value)) return this.mismatch(key, 'a list of texts', value);
    const wrong = value.find((item) => typeof item !== 'string');
    if (wrong !== undefined) return this.mismatch(key, 'a list of texts only', wrong);
    return [...new Set(value as string[])].sort(compareNames);
  }

  /** A nested object. */
  object(key: string, required: boolean): ObjectReader | undefined {
    const value = this.value(key, required);
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.mismatch(key, 'an object', value);
    return new ObjectReader(value, pointer(this.path, key), this.reading);
  }

  /** A list of objects. */
  objects(key: string): ObjectReader[] | undefined {
    const value = this.value(key, false);
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.mismatch(key, 'a list', value);
    const path = pointer(this.path, key);
    return value.flatMap((item, index) => {
      if (isObject(item)) return [new ObjectReader(item, pointer(path, index), this.reading)];
      this.reading.findings.push(
        finding('manifest-type', `entry ${index + 1} must be an object`, { path: pointer(path, index) }),
      );
      return [];
    });
  }

  /** The keys of this object, sorted by bytes. */
  keys(): string[] {
    return [...this.properties.keys()].sort(compareNames);
  }

  /** The raw value of a key. */
  raw(key: string): JsonValue | undefined {
    return this.properties.get(key);
  }
}

/** What stands where something else should, for a sentence: numbers as they are written, of texts that they are one. */
function inWords(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'an object';
  if (value instanceof ExactNumber) return value.text;
  return typeof value === 'number' ? String(value) : typeof value;
}
