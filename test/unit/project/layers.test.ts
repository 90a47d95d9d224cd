import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenImports, circles, halls } from '../../../scripts/check-layers.ts';

test('imports that point upwards or to vscode are refused', () => {
  const from = (path: string, specifier: string) => brokenImports(path, `import { x } from '${specifier}';`).length;
  assert.equal(from('engine/archive/reader.ts', '../hash/blake3.ts'), 0);
  assert.equal(from('engine/archive/reader.ts', '../../manifest/tree.ts'), 1);
  assert.equal(from('manifest/service.ts', '../engine/finding.ts'), 0);
  assert.equal(from('manifest/service.ts', '../host/start.ts'), 1);
  assert.equal(from('cli/main.ts', '../worker/protocol.ts'), 1);
  assert.equal(from('cli/main.ts', '../library/describe.ts'), 0);
  assert.equal(from('library/pack.ts', '../cli/main.ts'), 1);
  assert.equal(from('engine/pack/pack.ts', '../../library/pack.ts'), 1);
  assert.equal(from('host/start.ts', 'vscode'), 0);
  for (const room of ['engine', 'manifest', 'library', 'lsp', 'cli', 'worker']) {
    assert.equal(from(`${room}/x.ts`, 'vscode'), 1, room);
    assert.equal(brokenImports(`${room}/x.ts`, "const vscode = require('vscode');").length, 1, room);
    assert.equal(brokenImports(`${room}/x.ts`, "import type { Uri } from 'vscode';").length, 1, room);
  }
  assert.equal(from('helpers/x.ts', './y.ts'), 1);
});

test('rooms of a room lie above each other', () => {
  const from = (path: string, specifier: string) => brokenImports(path, `import { x } from '${specifier}';`).length;
  assert.equal(from('host/wrapper/pack-command.ts', '../packages/verify-command.ts'), 0);
  assert.equal(from('host/packages/verify-command.ts', '../wrapper/pack-command.ts'), 1);
  assert.equal(from('host/packages/verify-command.ts', '../services.ts'), 0);
  assert.equal(from('manifest/text/tree.ts', '../meaning/evaluate.ts'), 1);
});

test('files that import each other in a circle are found, through others too', () => {
  const files = new Map([
    ['a.ts', "import { b } from './rooms/b.ts';"],
    ['rooms/b.ts', "import type { C } from '../c.ts';"],
    ['c.ts', "const a = () => import('./a.ts');"],
    ['d.ts', "import { a } from './a.ts';\nimport { e } from './e.ts';"],
    ['e.ts', "import { a } from './a.ts';"],
  ]);
  assert.deepEqual(
    circles(files).map((circle) => circle.sort()),
    [['a.ts', 'c.ts', 'rooms/b.ts']],
  );
  assert.deepEqual(circles(new Map([['a.ts', "import { a } from './a.ts';"]])), []);
});

test('a folder of sixteen files is no room', () => {
  const paths = Array.from({ length: 16 }, (_, index) => `engine/pack/${index}.ts`);
  assert.equal(halls(paths).length, 1);
  assert.deepEqual(halls(paths.slice(1)), []);
  assert.deepEqual(halls([...paths.slice(1), 'engine/pack/images/x.ts']), []);
});
