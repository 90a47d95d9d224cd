import { readText } from '../io/whole-file.ts';

/** What a JSON text says, if it is an object or a list; undefined for anything else, and for what is no JSON. */
export function parseJsonObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The same for a file, such as package.json; undefined too if it cannot be read. */
export async function readJsonObject(file: string): Promise<Record<string, unknown> | undefined> {
  return parseJsonObject(await readText(file));
}
