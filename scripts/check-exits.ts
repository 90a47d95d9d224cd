import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Checks that texts of others leave the program through a few functions only, which take from them the power to be more than
 * text: whatever else would print, notify or render Markdown is refused.
 */
const EXITS: readonly { readonly what: RegExp; readonly file: string; readonly alsoIn?: string }[] = [
  // What starts the command line on a Node that is too old for output.ts has texts of its own only.
  {
    what: /(?<!connection\.)\bconsole\.\w+\(|\bprocess\.std(?:out|err)\.write\b/,
    file: 'cli/output.ts',
    alsoIn: 'cli/start.ts',
  },
  { what: /\bconnection\.(?:console|window|tracer)\b/, file: 'lsp/log.ts' },
  {
    what: /\bshow(?:Information|Warning|Error)Message\b|\bMarkdownString\(|\bwithProgress\b|\bcreateOutputChannel\b|\bLanguageModelTextPart\(/,
    file: 'host/say.ts',
  },
];

/** Every line of `text` that goes out another way, for the file at `path` (relative to extension/, with slashes). */
export function otherExits(path: string, text: string): string[] {
  const ways = EXITS.filter(({ file, alsoIn }) => file !== path && alsoIn !== path);
  return text.split('\n').flatMap((line, index) => {
    const way = ways.find(({ what }) => what.test(line));
    return way ? [`${path}:${index + 1}: only ${way.file} may do this: ${line.trim()}`] : [];
  });
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..', 'extension');
  const files = (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const found = await Promise.all(
    files.map(async (name) => otherExits(name.replaceAll('\\', '/'), await readFile(join(root, name), 'utf8'))),
  );
  for (const line of found.flat()) console.error(line);
  if (found.flat().length > 0) process.exitCode = 1;
}
