import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** StartOS's own languages, beside English. */
const LANGUAGES = ['de', 'es', 'fr', 'pl'];

type Texts = Readonly<Record<string, string>>;
const read = (path: string): Texts => JSON.parse(readFileSync(path, 'utf8')) as Texts;

/** What a translation must keep: placeholders, commands behind links, code. */
const kept = (text: string) => (text.match(/\{\d\}|command:[\w.]+|`[^`]*`/g) ?? []).sort();

/** Every English text that the extension asks the translation of. */
function textsInCode(): Set<string> {
  const texts = new Set<string>();
  for (const name of readdirSync('extension/host', { recursive: true }).map(String)) {
    if (!name.endsWith('.ts')) continue;
    const code = readFileSync(`extension/host/${name}`, 'utf8');
    for (const [, quoted, double] of code.matchAll(/\bt\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g)) {
      texts.add((quoted ?? double ?? '').replaceAll(/\\(.)/g, '$1'));
    }
  }
  return texts;
}

test('every text of the extension is translated, and no translation is left over', () => {
  const texts = [...textsInCode()].sort();
  assert.ok(texts.length > 150, 'the texts were not found');
  for (const language of LANGUAGES) {
    const bundle = read(`l10n/bundle.l10n.${language}.json`);
    assert.deepEqual(Object.keys(bundle).sort(), texts, language);
    for (const [text, translation] of Object.entries(bundle)) {
      assert.ok(translation.trim() !== '', `${language}: ${text}`);
      assert.deepEqual(kept(translation), kept(text), `${language}: ${text}`);
    }
  }
});

test('every text of package.json is translated', () => {
  const english = read('package.nls.json');
  const used = new Set([...readFileSync('package.json', 'utf8').matchAll(/"%([\w.]+)%"/g)].map(([, key]) => key ?? ''));
  assert.deepEqual([...used].sort(), Object.keys(english).sort());
  for (const language of LANGUAGES) {
    const texts = read(`package.nls.${language}.json`);
    assert.deepEqual(Object.keys(texts).sort(), Object.keys(english).sort(), language);
    for (const [key, text] of Object.entries(english)) {
      assert.deepEqual(kept(texts[key] ?? ''), kept(text), `${language}: ${key}`);
    }
  }
});

test('package.json shows no text that cannot be translated', () => {
  const { contributes } = JSON.parse(readFileSync('package.json', 'utf8'));
  const shown: unknown[] = [
    ...contributes.commands.map(({ title }: Texts) => title),
    ...contributes.viewsWelcome.map(({ contents }: Texts) => contents),
    ...contributes.walkthroughs.flatMap(({ title, steps }: { title: string; steps: Texts[] }) => [
      title,
      ...steps.flatMap((step) => [step['title'], step['description']]),
    ]),
    ...Object.values<Texts>(contributes.configuration.properties).map(
      ({ description, markdownDescription }) => description ?? markdownDescription,
    ),
  ];
  for (const text of shown) assert.match(String(text), /^%[\w.]+%$/);
});
