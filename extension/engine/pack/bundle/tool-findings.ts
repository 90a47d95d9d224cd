import { resolve } from 'node:path';
import { BUDGET } from '../../budget.ts';
import { type Finding, finding } from '../../finding.ts';
import type { FindingCode } from '../../finding-codes.ts';

/** What the tools of a build print, as findings at their lines. */

const ESCAPES = /\u001b\[[0-9;]*m/g;

/** Output of `tsc --pretty false`: `path(line,column): error TS2322: text`, with indented lines that go on. */
export function typeErrors(output: string, folder: string): Finding[] {
  const found: Finding[] = [];
  let last: { message: string; where: Finding['where'] } | undefined;
  const flush = () => {
    if (last) found.push(finding('type-error', last.message, last.where));
    last = undefined;
  };
  for (const line of plainLines(output)) {
    const match = /^(?:(.{1,1000}?)\((\d+),(\d+)\): )?error (TS\d+): (.*)$/.exec(line);
    if (match) {
      flush();
      const [, file, row, column, code, text] = match;
      const where = file === undefined ? { file: resolve(folder, 'tsconfig.json') } : { file: resolve(folder, file) };
      last = {
        message: `${text} (${code})`,
        where: { ...where, ...(row && { line: Number(row) }), ...(column && { column: Number(column) }) },
      };
    } else if (last && /^\s+\S/.test(line)) last.message += ` ${line.trim()}`;
  }
  flush();
  return capped(found, 'type-error', folder);
}

/** Output of the SDK's lint runner, in ESLint's form `stylish`: a path, and below it lines of its findings. */
export function lintFindings(output: string, folder: string): Finding[] {
  const found: Finding[] = [];
  let file: string | undefined;
  for (const line of plainLines(output)) {
    const match = /^\s+(\d+):(\d+)\s+(error|warning)\s+(\S.*?)(?:\s{2,}(\S+))?$/.exec(line);
    if (!match) {
      if (/^\S/.test(line) && !line.startsWith('✖')) file = resolve(folder, line.trim());
      continue;
    }
    const [, row, column, severity, text, rule] = match;
    const message = rule === undefined ? (text ?? '') : `${text} (${rule})`;
    const where = { file: file ?? folder, line: Number(row), column: Number(column) };
    found.push({ ...finding('sdk-lint', message, where), severity: severity === 'error' ? 'error' : 'warning' });
  }
  return capped(found, 'sdk-lint', folder);
}

/** Output of `prettier --check`: one finding that names the files, as it is nothing to stop for. */
export function formatFindings(output: string, folder: string, config: string): Finding[] {
  const files = plainLines(output).flatMap((line) => {
    const name = /^\[warn\] (\S.*\.[a-z]+)$/.exec(line)?.[1];
    return name === undefined ? [] : [name];
  });
  const [first] = files;
  if (first === undefined) return [];
  const others = files.length > 1 ? ` and ${files.length - 1} more` : '';
  const message = `${first}${others} ${files.length > 1 ? 'are' : 'is'} not formatted as the SDK wants; "npx prettier --config ${config} --write startos" does it`;
  return [finding('sdk-format', message, { file: resolve(folder, first) })];
}

/** Output of a bundler that failed: what it says without its own stack, at the place that it names. */
export function bundleErrors(output: string, what: string, fallback: string, folder: string): Finding[] {
  const types = typeErrors(output, folder);
  if (types.length > 0) return types;
  const lines = plainLines(output).filter(
    (line) => line.trim() !== '' && !/^\s+at |^npm |^Node\.js v|^ncc: /.test(line),
  );
  const missing = /Can't resolve '([^']+)' in '([^']+)'/.exec(output);
  const placed = placeIn(output, folder);
  const said = missing ? `"${missing[1]}" is imported, but is not there (looked for from ${missing[2]})` : endOf(lines);
  return [finding('bundle-build', `${what} failed; ${said}`, placed ?? { file: fallback })];
}

/** The last lines that a program printed, without its stack and what npm says of its log. */
export function lastWords(output: string): string {
  const lines = plainLines(output)
    .map((line) => line.replace(/^npm (?:error|ERR!)\s*/, ''))
    .filter(
      (line) => line.trim() !== '' && !/^\s+at |^npm |^Node\.js v|^ncc: |complete log of this run|\.log$/.test(line),
    );
  return endOf(lines);
}

/** Lines for a message: the last few say why. */
function endOf(lines: readonly string[]): string {
  const last = lines.slice(-4).map((line) => line.trim());
  return last.join(' | ') || 'see the log';
}

/** The first place that a compiler names: `path:line:column` (esbuild, ncc) or `path(line,column)` (tsc). */
export function placeIn(output: string, folder: string): { file: string; line: number; column: number } | undefined {
  const plain = output.replace(ESCAPES, '');
  const match =
    /(?:^|[\s"'(])((?:[A-Za-z]:)?[\w./\\-]{0,1000}?[\w-]{1,200}\.tsx?)(?::(\d+):(\d+)|\((\d+),(\d+)\))/m.exec(plain);
  if (!match?.[1]) return undefined;
  return { file: resolve(folder, match[1]), line: Number(match[2] ?? match[4]), column: Number(match[3] ?? match[5]) };
}

function plainLines(output: string): string[] {
  return output.replace(ESCAPES, '').split(/\r?\n/);
}

function capped(found: Finding[], code: FindingCode, folder: string): Finding[] {
  if (found.length <= BUDGET.findingsOfOneCode) return found;
  const more = finding(code, `and ${found.length - BUDGET.findingsOfOneCode} more of these`, { file: folder });
  return [...found.slice(0, BUDGET.findingsOfOneCode), more];
}
