/** A line that the next one belongs to. */
const GOES_ON = /\\\s*$/;

/** The arguments of COPY and ADD instructions that take from the context. */
export function copies(text: string): { words: string[]; line: number }[] {
  const found: { words: string[]; line: number }[] = [];
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; ) {
    const line = at + 1;
    const parts: string[] = [];
    for (let goesOn = true; goesOn && at < lines.length; at++) {
      const part = lines[at] ?? '';
      // What stands between the lines of an instruction without being of it.
      if (parts.length > 0 && /^\s*(?:#|$)/.test(part)) continue;
      goesOn = GOES_ON.test(part);
      parts.push(part.replace(GOES_ON, ' '));
    }
    const instruction = parts.join('');
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
