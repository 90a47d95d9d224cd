import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { TextLinter } from '../../../extension/manifest/lint-text.ts';
import { ParseCache } from '../../../extension/manifest/text/parse.ts';
import { lintText } from '../../../extension/worker/lint-text.ts';
import type { FromWorker, Request } from '../../../extension/worker/protocol.ts';
import { serve } from '../../../extension/worker/serve.ts';
import { BASES } from '../../support/manifests.ts';
import { temporaryFolder } from '../../support/tools.ts';

/** A manifest with very many keys that nothing knows. */
function manyKeys(count: number): string {
  const keys = Array.from({ length: count }, (_, index) => `key${index}: 1\n`);
  return `${BASES.yaml}${keys.join('')}`;
}

test('what is typed counts before what is on the disk, in every file of a manifest', async () => {
  await using temporary = await temporaryFolder();
  const folder = temporary.path;
  await cp('test/fixtures/wrappers/start-sdk-3', folder, { recursive: true });
  const manifest = join(folder, 'startos', 'manifest', 'index.ts');
  const dependencies = join(folder, 'startos', 'dependencies.ts');
  const main = join(folder, 'startos', 'main.ts');
  const typed = async (file: string, from: string, to: string) => {
    const text = await readFile(file, 'utf8');
    assert.ok(text.includes(from), from);
    return { file, text: text.replace(from, to) };
  };
  const saved = await lintText({ file: manifest, texts: [] }, {});
  assert.equal(saved.report?.manifest, manifest);
  assert.ok(saved.report.files.includes(dependencies));
  assert.deepEqual([...saved.report.findings, ...saved.report.inCode], []);

  const texts = [await typed(dependencies, 'versionRange: coturnVersionRange', "versionRange: '>>1'")];
  for (const file of [manifest, dependencies, main]) {
    const { report } = await lintText({ file, texts }, {});
    assert.equal(report?.manifest, manifest, file);
    assert.deepEqual(
      report.findings.map(({ code, where }) => [code, where.file]),
      [['manifest-range', dependencies]],
      file,
    );
  }

  const code = [await typed(main, "imageId: '", "imageId: 'no-")];
  const { report } = await lintText({ file: main, texts: code }, {});
  assert.deepEqual(
    report?.inCode.map(({ code: id, where }) => [id, where.file]),
    [['code-id-unknown', main]],
  );
  assert.deepEqual(report.findings, []);
  assert.deepEqual((await lintText({ file: manifest, texts: code }, {})).report?.inCode, []);
  assert.equal((await lintText({ file: join(folder, 'package.json'), texts: [] }, {})).report, undefined);
});

test('a manifest on the disk is checked anew when it changes, and when the SDK beside it does', async () => {
  await using temporary = await temporaryFolder();
  const folder = temporary.path;
  await cp('test/fixtures/wrappers/start-sdk-3', folder, { recursive: true });
  const file = join(folder, 'startos', 'manifest', 'index.ts');
  const codes = async () => (await lintText({ file, texts: [] }, {})).report?.findings.map(({ code }) => code);
  assert.deepEqual(await codes(), []);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace("license: 'MIT'", "license: 'NOBODYS'"));
  assert.deepEqual(await codes(), ['manifest-license']);
  await writeFile(file, text);
  const own = join(folder, 'package.json');
  const { dependencies, ...rest } = JSON.parse(await readFile(own, 'utf8')) as { dependencies: object };
  const older = { ...rest, dependencies: { ...dependencies, '@start9labs/start-sdk': '0.4.0' } };
  await writeFile(own, JSON.stringify(older));
  assert.notDeepEqual(await codes(), []);
});

test('what did not change is neither parsed nor checked again', async () => {
  const cache = new ParseCache();
  const linter = new TextLinter(cache);
  const lint = (text: string) =>
    linter.lint('/w/manifest.yaml', async (path) => (/yaml$/.test(path) ? text : undefined));
  const first = await lint(BASES.yaml);
  assert.ok(first);
  assert.equal((await lint(BASES.yaml))?.findings, first.findings);
  assert.equal(cache.parsed, 1);
  const other = await lint(`${BASES.yaml}keyy: 1\n`);
  assert.deepEqual(
    other?.findings.map(({ code }) => code),
    ['manifest-unknown-key'],
  );
  assert.equal(cache.parsed, 2);
});

test('of texts that are typed while another is checked only the last one is looked at', async () => {
  const sent: FromWorker[] = [];
  const looked: number[] = [];
  const answer = serve(
    (message) => sent.push(message),
    async (request, work) => {
      const { params, id } = request as Request<'lintText'>;
      const result = await lintText(params, work);
      looked.push(id);
      return result;
    },
  );
  const file = '/nowhere/manifest.yaml';
  const post = (id: number) =>
    answer({ type: 'lintText', id, params: { file, texts: [{ file, text: manyKeys(20_000 + id) }] } });
  const answers = [1, 2, 3].map((id) => {
    const done = post(id);
    if (id < 3) void answer({ type: 'cancel', id });
    return done;
  });
  const started = performance.now();
  await Promise.all(answers.slice(0, 2));
  const cancelled = performance.now() - started;
  await Promise.all(answers);
  assert.deepEqual(looked, [3]);
  assert.ok(cancelled < (performance.now() - started) / 2, 'the others did not wait for it');
  const kinds = new Map(
    sent.map((message) => [message.id, message.type === 'failed' ? message.cancelled : message.type]),
  );
  assert.deepEqual(
    [1, 2, 3].map((id) => kinds.get(id)),
    [true, true, 'answer'],
  );
});
