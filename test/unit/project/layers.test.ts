import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenImports } from '../../../scripts/check-layers.ts';

test('imports that point upwards or to vscode are refused', () => {
  const from = (path: string, specifier: string) => brokenImports(path, `import { x } from '${specifier}';`).length;
  assert.equal(from('engine/archive/reader.ts', '../hash/blake3.ts'), 0);
  assert.equal(from('engine/archive/reader.ts', '../../manifest/tree.ts'), 1);
  assert.equal(from('manifest/locate.ts', '../engine/finding.ts'), 0);
  assert.equal(from('manifest/locate.ts', '../host/start.ts'), 1);
  assert.equal(from('cli/main.ts', '../worker/protocol.ts'), 1);
  assert.equal(from('host/start.ts', 'vscode'), 0);
  for (const room of ['engine', 'manifest', 'lsp', 'cli', 'worker']) {
    assert.equal(from(`${room}/x.ts`, 'vscode'), 1, room);
    assert.equal(brokenImports(`${room}/x.ts`, "const vscode = require('vscode');").length, 1, room);
    assert.equal(brokenImports(`${room}/x.ts`, "import type { Uri } from 'vscode';").length, 1, room);
  }
  assert.equal(from('helpers/x.ts', './y.ts'), 1);
});
