/** The arguments of COPY and ADD instructions that take from the context. */
export function copies(text: string): { words: string[]; line: number }[] {
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
