import { relative } from 'node:path';
import type { Finding } from '../engine/finding.ts';
import type { Severity } from '../engine/finding-codes.ts';
import { FINDING_CODES } from '../engine/finding-codes.ts';
import { pageOfCode } from '../engine/finding-page.ts';
import { withSlashes } from '../engine/io/path-inside.ts';
import { visibleLines, visibleText } from '../engine/visible-text.ts';
import { paint, print, printCommand, printJson } from './output.ts';

export type FindingFormat = 'human' | 'sarif' | 'github';

const COLOUR = { error: 'red', warning: 'yellow', info: 'blue' } as const;

/** Prints findings to standard output in the format asked for. */
export function printFindings(findings: readonly Finding[], format: FindingFormat): void {
  switch (format) {
    case 'human':
      for (const found of findings) print(toHuman(found));
      break;
    case 'github':
      for (const found of findings) printCommand(toGitHub(found));
      break;
    case 'sarif':
      printJson(toSarif(findings), 2);
      break;
  }
}

function toHuman({ severity, code, message, where }: Finding): string {
  const file = where.file === undefined ? '' : visibleText(relativePath(where.file));
  const position =
    where.line === undefined ? '' : `:${where.line}${where.column === undefined ? '' : `:${where.column}`}`;
  const path = visibleText(where.path ?? '');
  const inside = path && file ? ` (${path})` : path;
  const place = `${file}${position}${inside}`;
  return `${paint(COLOUR[severity], severity)} ${place ? `${place}: ` : ''}${message} ${paint('grey', `[${code}]`)}`;
}

/** A workflow command of GitHub Actions, which shows up at the line in a pull request. */
export function toGitHub({ severity, code, message, where }: Finding): string {
  const level: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'notice' };
  const properties: [string, string | number | undefined][] = [
    ['file', where.file && withSlashes(relativePath(where.file))],
    ['line', where.line],
    ['col', where.column],
    ['endLine', where.endLine],
    ['endColumn', where.endColumn],
    ['title', `${code}${where.path ? ` at ${where.path}` : ''}`],
  ];
  const escapeData = (text: string) =>
    visibleLines(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  const escapeProperty = (text: string) => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
  const list = properties
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${level[severity]} ${list.join(',')}::${escapeData(message)}`;
}

/** SARIF 2.1.0, as code scanning services take it. */
function toSarif(findings: readonly Finding[]): object {
  const codes = [...new Set(findings.map((found) => found.code))];
  const level: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'note' };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 's9pk',
            rules: codes.map((id) => ({
              id,
              helpUri: pageOfCode(id),
              defaultConfiguration: { level: level[FINDING_CODES[id][1]] },
            })),
          },
        },
        results: findings.map(({ code, severity, message, where }) => ({
          ruleId: code,
          level: level[severity],
          message: { text: visibleLines(where.path ? `${where.path}: ${message}` : message) },
          locations: where.file === undefined ? [] : [{ physicalLocation: toSarifLocation(where) }],
        })),
      },
    ],
  };
}

function toSarifLocation(where: Finding['where']): object {
  const region = {
    startLine: where.line,
    startColumn: where.column,
    endLine: where.endLine,
    endColumn: where.endColumn,
  };
  return {
    artifactLocation: { uri: toUri(withSlashes(relativePath(where.file ?? ''))) },
    ...(where.line !== undefined && { region }),
  };
}

/** A path as a reference of RFC 3986, in which its name alone is the path. */
function toUri(path: string): string {
  const uri = encodeURI(path.toWellFormed()).replace(/[#?]/g, encodeURIComponent);
  // What stands before the first colon would be a scheme.
  return /^[^/]*:/.test(uri) ? `./${uri}` : uri;
}

/** A path as short as it can be from here. */
function relativePath(file: string): string {
  const shorter = relative(process.cwd(), file);
  return shorter === '' ? '.' : shorter.startsWith('..') ? file : shorter;
}
