import type { FindingCode } from './finding-codes.ts';

/** Where the page about a finding can be read on the web. */
export function pageOfCode(code: FindingCode): string {
  return `https://github.com/s9pk-studio/s9pk-studio/blob/main/docs/findings/${code}.md`;
}
