import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete } from '../../../extension/manifest/language/complete.ts';
import { hover } from '../../../extension/manifest/language/hover.ts';
import { documentSymbols } from '../../../extension/manifest/language/symbols.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { ParseCache } from '../../../extension/manifest/text/parse.ts';
import { BASES, FILES, type Kind, loadModules } from '../../support/manifests.ts';

/** No single keystroke may keep somebody waiting: far above what any takes, far below what anybody would notice. */
const PATIENCE_MS = 1000;

for (const [kind, whole] of Object.entries(BASES) as [Kind, string][]) {
  const file = FILES[kind];
  test(`typing ${file} character by character never throws and never freezes`, async () => {
    const cache = new ParseCache();
    const load = (text: string) => loadModules(file, text, cache);
    await load(whole);
    let slowest = 0;
    for (let length = 0; length <= whole.length; length++) {
      const text = whole.slice(0, length);
      const started = performance.now();
      const before = cache.parsed;
      const modules = await load(text);
      assert.ok(modules);
      const reading = readManifest(modules, { neighbours: ['startos', 'instructions.md'] });
      if (reading) {
        lintManifest(reading);
        complete(reading, file, length);
        hover(reading, file, Math.max(0, length - 1));
        documentSymbols(reading, file);
      }
      const ownParses = cache.parsed - before;
      assert.ok(ownParses <= 1, `a keystroke cost ${ownParses} parses`);
      slowest = Math.max(slowest, performance.now() - started);
    }
    assert.ok(slowest < PATIENCE_MS, `one keystroke took ${slowest.toFixed(0)} ms`);
  });
}
