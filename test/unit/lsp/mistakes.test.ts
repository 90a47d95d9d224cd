import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Diagnostic } from 'vscode-languageserver-protocol/node';
import { LspClient } from '../../support/lsp-client.ts';
import { sorted, type Underlined, underlinedInVsCode, writeMistakes } from '../../support/mistaken-wrappers.ts';
import { temporaryFolder } from '../../support/tools.ts';

const SEVERITIES: readonly Underlined['severity'][] = ['error', 'warning', 'info'];

function toUnderlined({ code, severity, message, range: { start, end } }: Diagnostic): Underlined {
  return {
    code: String(code),
    severity: SEVERITIES[(severity ?? 1) - 1] ?? 'error',
    message: String(message),
    range: `${start.line}:${start.character}-${end.line}:${end.character}`,
  };
}

test('every mistake of the table is underlined as in VS Code', async () => {
  await using temporary = await temporaryFolder();
  const mistakes = await writeMistakes(temporary.path);
  assert.ok(mistakes.length > 100);
  await using client = await LspClient.start();
  for (const { file, text } of mistakes) await client.open(file, text);
  const shown = (file: string) => sorted((client.diagnostics.get(file) ?? []).map(toUnderlined));
  for (const { name, file, text } of mistakes) {
    const expected = await underlinedInVsCode(file, text);
    assert.ok(expected.length > 0, name);
    // The files around a manifest are checked last; until then there is less.
    await client.until(() => shown(file).length >= expected.length, name).catch(() => undefined);
    assert.deepEqual(shown(file), expected, name);
  }
});
