import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BUDGET } from '../../engine/budget.ts';
import { type Finding, finding } from '../../engine/finding.ts';
import { positionOf } from '../../engine/line-table.ts';
import type { ReadText } from '../meaning/modules.ts';
import { marksIn } from '../migrate/marks.ts';

/** What is still to be decided about a wrapper that was made of one for 0.3: each comment that asks for it, at its place. */
export async function checkMarks(folder: string, read: ReadText): Promise<Finding[]> {
  const entries = await readdir(join(folder, 'startos'), { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .slice(0, BUDGET.codeFiles);
  const findings: Finding[] = [];
  for (const file of files) {
    const text = await read(file);
    if (text === undefined) continue;
    for (const { code, message, start, end } of marksIn(text)) {
      const [from, to] = [positionOf(text, start), positionOf(text, end)];
      const where = { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
      findings.push(finding(code, message, where));
    }
  }
  return findings;
}
