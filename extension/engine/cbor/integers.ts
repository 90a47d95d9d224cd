import { type Finding, finding } from '../finding.ts';
import { pointer } from '../json/json-pointer.ts';
import { ExactNumber, isObject, type JsonObject, type JsonValue } from '../package/json.ts';

/** What is an integer in a manifest of 0.3 wherever it stands (s9pk-v1 sections 3 and 4): sizes in memory, ports, lengths. */
const INTEGERS: readonly RegExp[] = [
  /\/shm-size-mb$/,
  /^\/hardware-requirements\/ram$/,
  /^\/interfaces\/[^/]+\/lan-config\/[^/]+\/(?:internal|mapping)$/,
  /\/default\/len$/,
];
/** What the reference takes as it is: arguments of scripts, and defaults that are lists. */
const ANYTHING = /\/args$|\/default\/\d+$/;

/** Floats where the reference reads integers only: it refuses the whole package. Each is a finding at its pointer. */
export function checkIntegers(manifest: JsonObject): Finding[] {
  const findings: Finding[] = [];
  const visit = (value: JsonValue, path: string): void => {
    if (ANYTHING.test(path)) return;
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, pointer(path, index));
    else if (isObject(value)) for (const [key, item] of value) visit(item, pointer(path, key));
    else if (isFloat(value) && INTEGERS.some((place) => place.test(path))) {
      const shown = value instanceof ExactNumber ? value.text : value;
      findings.push(
        finding('manifest-cbor', `${shown} is written as a float; devices read integers only here`, { path }),
      );
    }
  };
  visit(manifest, '');
  return findings;
}

function isFloat(value: JsonValue): boolean {
  if (value instanceof ExactNumber) return /[.e]/.test(value.text);
  return typeof value === 'number' && !Number.isInteger(value);
}
