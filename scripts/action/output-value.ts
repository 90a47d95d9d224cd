import { randomUUID } from 'node:crypto';

/** An output of a step, of several lines, as the runner reads it: whatever the value says, it ends no sooner than we do. */
export function formatOutput(name: string, value: string): string {
  const end = `end-${randomUUID()}`;
  return `${name}<<${end}\n${value}\n${end}\n`;
}
