import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { readText } from '../../engine/io/read-text.ts';
import { stateOf } from './files.ts';

/** Sources that a Dockerfile copies from its build context and that are not there: the build would fail at them. */
export async function checkDockerfile(file: string, context: string): Promise<Finding[]> {
  const text = await readText(file);
  if (text === undefined) return [];
  const findings: Finding[] = [];
  for (const { words, line } of copies(text)) {
    for (const source of words.slice(0, -1)) {
      if (!isPlain(source) || (await isThere(context, source))) continue;
      findings.push(
        finding('dockerfile-copy', `${source} is not in the build context, which is ${context}`, {
          file,
          line,
          column: 1,
        }),
      );
    }
  }
  return findings;
}

/** The arguments of COPY and ADD instructions that take from the context. */
function copies(text: string): { words: string[]; line: number }[] {
  const found: { words: string[]; line: number }[] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let instruction = lines[index] ?? '';
    while (/\\\s*$/.test(instruction) && index + 1 < lines.length)
      instruction = instruction.replace(/\\\s*$/, ' ') + (lines[++index] ?? '').replace(/^\s*#.*/, '');
    const match = /^\s*(?:COPY|ADD)\s+(.*)$/i.exec(instruction);
    if (!match?.[1] || /(?:^|\s)--from=|<</.test(match[1])) continue;
    const list = match[1].replace(/(?:^|\s)--[a-z-]+(?:=\S+)?/g, ' ').trim();
    const words = list.startsWith('[') ? listOf(list) : list.split(/\s+/);
    if (words.length > 1) found.push({ words, line });
  }
  return found;
}

function listOf(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    return [];
  }
}

/** What needs no variable, address or pattern in the middle of a path to be looked for. */
function isPlain(source: string): boolean {
  return (
    !/[$"'?[\]]|:\/\/|^git@/.test(source) &&
    !source
      .split('/')
      .slice(0, -1)
      .some((part) => part.includes('*'))
  );
}

async function isThere(context: string, source: string): Promise<boolean> {
  const parts = source.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) return true;
  const last = parts.at(-1) ?? '';
  if (!last.includes('*')) return (await stateOf(join(context, ...parts))) !== 'missing';
  const pattern = new RegExp(
    `^${last
      .split('*')
      .map((part) => part.replace(/[.+^${}()|\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  const names = await readdir(join(context, ...parts.slice(0, -1))).catch(() => []);
  return names.some((name) => pattern.test(name));
}
