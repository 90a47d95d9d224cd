import { type Finding, finding } from '../finding.ts';
import { type JsonValue, printJson } from '../package/json.ts';

/** Characters of a value that a message shows. */
const SHOWN = 120;

/** One value of a package for StartOS 0.3 that is another one, or none, once it is converted. */
export interface Change {
  /**
   * - `changed`: the new package says something else
   * - `legacy`: the new manifest has no place for it; the compatibility layer of StartOS 0.4 reads it from the old one
   * - `lost`: nobody reads it any more
   */
  readonly kind: 'changed' | 'legacy' | 'lost';
  /** JSON pointer in the manifest that was; or a section, or an image in one. */
  readonly path: string;
  /** As JSON. Absent where the value has no text. */
  readonly before?: string;
  /** As JSON; absent where there is none. */
  readonly after?: string;
}

/** Collects what a conversion changes or leaves out, each as a finding for people and as a value for programs. */
export class ConversionNotes {
  readonly findings: Finding[] = [];
  readonly changes: Change[] = [];

  /** @param why a sentence without its end; empty where the values say all */
  changed(path: string, before: JsonValue | undefined, after: JsonValue, why = ''): void {
    const [old, fresh] = [before === undefined ? undefined : printJson(before), printJson(after)];
    this.changes.push({ kind: 'changed', path, ...(old !== undefined && { before: old }), after: fresh });
    const became =
      old === undefined || old === 'null' ? `becomes ${shorten(fresh)}` : `${shorten(old)} becomes ${shorten(fresh)}`;
    this.findings.push(finding('convert-changed', `${became}${why && `; ${why}`}`, { path }));
  }

  legacy(path: string, value: JsonValue, why: string): void {
    this.changes.push({ kind: 'legacy', path, before: printJson(value) });
    this.findings.push(finding('convert-legacy', why, { path }));
  }

  lost(path: string, value: JsonValue | undefined, why: string): void {
    const before = value === undefined ? undefined : printJson(value);
    this.changes.push({ kind: 'lost', path, ...(before !== undefined && { before }) });
    const shown = before === undefined ? '' : `${shorten(before)} is left out; `;
    this.findings.push(finding('convert-lost', `${shown}${why}`, { path }));
  }
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= SHOWN ? text : `${characters.slice(0, SHOWN).join('')}…`;
}
