import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complete } from '../../extension/manifest/language/complete.ts';
import { lintManifest, readManifest } from '../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../extension/manifest/meaning/modules.ts';
import { ParseCache } from '../../extension/manifest/text/parse.ts';
import { YAML_03 } from '../support/manifests.ts';
import { noted, sampled } from './compare.ts';
import { median } from './median.ts';

/** Keystrokes measured; the first ones warm the compiler up, as the first seconds of an editor do. */
const KEYSTROKES = 60;
const WARM_UP = 20;

/** The largest manifest at hand: of published ones, if there are any. */
function largestManifest(): { name: string; text: string } {
  const folder = join(process.env['S9PK_SHARED'] ?? '', 'corpus', 'manifests-v1');
  if (!process.env['S9PK_SHARED'] || !existsSync(folder)) return { name: 'the test manifest', text: YAML_03 };
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  return texts.sort((a, b) => b.text.length - a.text.length)[0] ?? { name: 'the test manifest', text: YAML_03 };
}

/** What a keystroke in a manifest costs: reading and checking the changed text, and completing after it. */
export async function benchManifests(): Promise<void> {
  const { name, text } = largestManifest();
  const file = '/w/manifest.yaml';
  const cache = new ParseCache();
  const validating: number[] = [];
  const completing: number[] = [];
  const at = text.indexOf('\n', text.indexOf('\nmain:') + 6) + 1;
  for (let keystroke = 0; keystroke < KEYSTROKES; keystroke++) {
    const typed = `  ${'gpu-accelerat'.slice(0, 1 + (keystroke % 12))}`;
    const changed = `${text.slice(0, at)}${typed}\n${text.slice(at)}`;
    const started = performance.now();
    const modules = await Modules.load(file, async (path) => (path === file ? changed : undefined), cache);
    const reading = modules && readManifest(modules);
    if (!reading) throw new Error('the manifest is not recognised');
    lintManifest(reading);
    const validated = performance.now();
    const items = complete(reading, file, at + typed.length);
    const completed = performance.now();
    if (!items.some(({ label }) => label === 'gpu-acceleration')) throw new Error('nothing is offered');
    if (keystroke < WARM_UP) continue;
    validating.push(validated - started);
    completing.push(completed - validated);
  }
  console.log(`\na keystroke in ${name} (${(text.length / 1000).toFixed(1)} kB)`);
  for (const [what, values] of [
    ['validate (parse included)', validating],
    ['complete', completing],
  ] as const) {
    const worst = Math.max(...values).toFixed(1);
    console.log(`  ${what.padEnd(34)} ${median(values).toFixed(1).padStart(8)} ms  worst ${worst} ms`);
  }
  sampled['validate, ms'] = validating;
  sampled['complete, ms'] = completing;
  noted['parses a keystroke'] = cache.parsed / KEYSTROKES;
  noted['manifest'] = name;
  console.log(`  parses a keystroke                 ${(cache.parsed / KEYSTROKES).toFixed(2).padStart(8)}`);
}
