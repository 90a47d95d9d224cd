import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Finding, finding } from '../../../engine/finding.ts';
import { copies } from '../../../engine/image/build/copies.ts';
import { readText } from '../../../engine/io/whole-file.ts';
import { stateOf } from '../files.ts';

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
  const names = await readdir(join(context, ...parts.slice(0, -1))).catch(() => []);
  return names.some((name) => fitsStars(last, name));
}

/**
 * Whether a name fits a pattern in which stars stand for anything. Each part between stars is looked for once, behind the one before,
 * where a regular expression would try all that are possible.
 */
function fitsStars(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
