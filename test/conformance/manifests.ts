import type { FindingCode } from '../../extension/engine/finding-codes.ts';
import { BASES, FILES, type Kind, TYPESCRIPT_NEIGHBOURS } from '../support/manifests.ts';
import type { ConformanceCase } from './case.ts';

type Mistake = readonly [name: string, kind: Kind, from: string, to: string, code?: FindingCode, file?: string];

/** One mistake each, in every language that manifests are written in. */
const MISTAKES: readonly Mistake[] = [
  ['yaml', 'yaml', '', ''],
  ['toml', 'toml', '', ''],
  ['json', 'json', '', ''],
  ['typescript', 'ts', '', ''],
  ['yaml-syntax', 'yaml', 'title: Hello World', 'title: [Hello', 'manifest-json'],
  ['yaml-id', 'yaml', 'id: hello-world', 'id: Hello World', 'manifest-id'],
  ['yaml-type', 'yaml', 'ui: true', 'ui: yes', 'manifest-type'],
  ['toml-id', 'toml', 'id = "hello-world"', 'id = "Hello World"', 'manifest-id'],
  ['toml-syntax', 'toml', 'license = "MIT"', 'license = "MIT', 'manifest-json'],
  ['json-syntax', 'json', '"license": "MIT",', '"license": "MIT"', 'manifest-json'],
  ['json-url', 'json', 'https://example.org/package', 'example.org/package', 'manifest-url'],
  ['json-version', 'json', '"1.0.0:0"', '"1.0.0"', 'manifest-version'],
  ['typescript-id', 'ts', "'hello-world'", "'Hello World'", 'manifest-id'],
  ['typescript-imported', 'ts', '', '', 'manifest-version', 'startos/versions/current.ts'],
];

const UNNOTICED = ['yaml-syntax', 'json-syntax'];

/** Manifests as text, for both generations; a mistake is found at its line, in the file that it stands in. */
export function manifestCases(): ConformanceCase[] {
  return MISTAKES.map(([name, kind, from, to, code, elsewhere]) => {
    const base = FILES[kind].slice('/w/'.length);
    const neighbours = kind === 'ts' ? TYPESCRIPT_NEIGHBOURS : {};
    const files: Record<string, string> = { ...neighbours, [base]: BASES[kind].replace(from, () => to) };
    if (elsewhere !== undefined) files[elsewhere] = (files[elsewhere] ?? '').replace("'1.0.0:0'", "'1.0.0'");
    const file = elsewhere ?? base;
    const place = elsewhere === undefined ? to : "'1.0.0'";
    const text = files[file] ?? '';
    // What is not closed, or not followed by a comma, is noticed on the next line.
    const after = UNNOTICED.includes(name) ? 1 : 0;
    const line = text.slice(0, text.indexOf(place)).split('\n').length + after;
    return {
      name: `manifest-${name}${code === undefined ? '' : '_fail'}`,
      about: code === undefined ? `a good manifest (${base})` : `a manifest with one mistake (${base})`,
      commands: [['lint', '--manifest-only', '.']],
      exit: code === undefined ? 0 : 1,
      codes: code === undefined ? [] : [code],
      places: code === undefined ? [] : [`${code} ${file} ${line}`],
      files,
    };
  });
}
