import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits } from '../../../extension/manifest/edits/edit.ts';
import { mentionsInCode } from '../../../extension/manifest/language/code-mentions.ts';
import {
  declarationsOf,
  entitiesOf,
  mentionAt,
  mentionsOf,
  problemOfId,
  renameEntity,
} from '../../../extension/manifest/language/entities.ts';
import { hover } from '../../../extension/manifest/language/hover.ts';
import { linksOf } from '../../../extension/manifest/language/links.ts';
import { documentSymbols, foldingSpans, type ManifestSymbol } from '../../../extension/manifest/language/symbols.ts';
import { lintManifest } from '../../../extension/manifest/lint-manifest.ts';
import { FILES, JSON_04, readText, TOML_03, TYPESCRIPT_04, YAML_03 } from '../../support/manifests.ts';

const { yaml: YAML, ts: TS } = FILES;

/** Renames what is named at the marked place, and gives the text afterwards. */
async function rename(file: string, text: string, at: string, into: number, id: string): Promise<string> {
  const reading = await readText(file, text);
  const all = entitiesOf(reading);
  const mention = mentionAt(all, file, text.indexOf(at) + into);
  assert.ok(mention, `nothing is named at ${at}`);
  return applyEdits(text, renameEntity(all, mention, id));
}

test('a volume is renamed wherever it is mounted, and nothing else of that name', async () => {
  const text = await rename(YAML, YAML_03, '    main: /root\n', 5, 'data');
  assert.equal(text.match(/^ +data: \/root(?:\/data)?$/gm)?.length, 3);
  assert.match(text, /volumes:\n {2}data:\n/);
  // The image, the interface and the other package's volume keep their names.
  assert.match(text, /image: main\n/);
  assert.match(text, /interface-id: main\n[\s\S]*volume-id: main\n[\s\S]*interfaces:\n {2}main:/);
  assert.deepEqual(lintManifest(await readText(YAML, text)), []);
});

test('interfaces, dependencies and images of 0.3 are renamed', async () => {
  const byInterface = await rename(YAML, YAML_03, 'interface-id: main', 15, 'web');
  assert.match(byInterface, /interface-id: web[\s\S]*interfaces:\n {2}web:/);
  const byDependency = await rename(YAML, YAML_03, 'package-id: lnd', 13, 'lightning');
  assert.match(byDependency, /package-id: lightning[\s\S]*dependencies:\n {2}lightning:/);
  const byImage = await rename(YAML, YAML_03, 'image: main', 8, 'server');
  assert.equal(byImage.match(/image: server/g)?.length, 3);
  assert.equal(byImage.match(/image: compat/g)?.length, 3);
  for (const text of [byInterface, byDependency, byImage])
    assert.deepEqual(lintManifest(await readText(YAML, text)), []);
});

test('keys and texts keep their quotes in JSON, TOML and TypeScript', async () => {
  assert.match(await rename('/w/manifest.json', JSON_04, '"main": {', 2, 'web'), /"images": \{\n {4}"web": \{/);
  assert.match(await rename('/w/manifest.json', JSON_04, '["main"]', 3, 'data'), /"volumes": \["data"\]/);
  const toml = await rename('/w/manifest.toml', TOML_03, '{ main = "/root" }', 3, 'data');
  assert.match(toml, /mounts = \{ data = "\/root" \}[\s\S]*\[volumes\.data\]/);
  assert.match(await rename(TS, TYPESCRIPT_04, "['main']", 3, 'data'), /volumes: \['data'\]/);
  assert.match(await rename(TS, TYPESCRIPT_04, 'main: {', 1, 'web-server'), / {4}'web-server': \{/);
});

test('uses lead to the declaration, the declaration to its uses', async () => {
  const reading = await readText(YAML, YAML_03);
  const all = entitiesOf(reading);
  const use = mentionAt(all, YAML, YAML_03.indexOf('    main: /root\n') + 5);
  assert.ok(use);
  const [declaration] = declarationsOf(all, use);
  assert.equal(declaration?.span.start, YAML_03.indexOf('volumes:\n  main:') + 11);
  assert.equal(mentionsOf(all, use).length, 4);
});

test('what code names is found, but not volumes of other packages', () => {
  const code = `
    const mounts = sdk.Mounts.of()
      .mountVolume({ volumeId: 'main', subpath: null, mountpoint: '/data', readonly: false })
      .mountDependency({ dependencyId: "bitcoind", volumeId: 'main', mountpoint: '/b' })
    sdk.SubContainer.of(effects, { imageId: 'server' }, mounts, 'x')`;
  const found = mentionsInCode('/w/startos/main.ts', code).map(
    ({ kind, id, span }) => `${kind} ${id} ${code.slice(span.start, span.end)}`,
  );
  assert.deepEqual(found, ["volume main 'main'", 'dependency bitcoind "bitcoind"', "image server 'server'"]);
  assert.equal(mentionsInCode('/x.ts', code)[1]?.render?.('lnd'), '"lnd"');
});

test('new names must be ids of the generation, and free', async () => {
  const problem = async (file: string, text: string, at: string, into: number, id: string) => {
    const reading = await readText(file, text);
    const all = entitiesOf(reading);
    const mention = mentionAt(all, file, text.indexOf(at) + into);
    assert.ok(mention);
    return problemOfId(reading, all, mention, id);
  };
  assert.equal(await problem(YAML, YAML_03, '    main: /root\n', 5, 'a-b'), undefined);
  assert.match((await problem(YAML, YAML_03, '    main: /root\n', 5, 'a2')) ?? '', /no digits/);
  assert.match((await problem(YAML, YAML_03, '    main: /root\n', 5, 'cert')) ?? '', /already/);
  assert.equal(await problem(TS, TYPESCRIPT_04, "['main']", 3, 'a2'), undefined);
  assert.match((await problem(TS, TYPESCRIPT_04, "['main']", 3, 'A_b')) ?? '', /not an id/);
  const shared = `const name = 'main'\n${TYPESCRIPT_04.replace("['main']", '[name]')}`;
  assert.match((await problem(TS, shared, "'main'", 2, 'data')) ?? '', /constant/);
});

test('code that uses volumes in other ways is found too', () => {
  const code = `
    sdk.Backups.ofVolumes('main', "data")
    const path = sdk.volumes.main.subpath('x')
    mountVolume({ 'volumeId': \`main\` as const })
    mountDependency({ dependencyId, volumeId: 'main' })`;
  const found = mentionsInCode('/w/startos/x.ts', code);
  assert.deepEqual(
    found.map(({ id, span, render }) => [id, code.slice(span.start, span.end), render?.('a-b')]),
    [
      ['main', "'main'", "'a-b'"],
      ['data', '"data"', '"a-b"'],
      ['main', '.main', "['a-b']"],
      ['main', '`main`', '`a-b`'],
    ],
  );
});

test('links lead to URLs, to files, and to the Dockerfile that is implied', async () => {
  const older = linksOf(await readText(YAML, YAML_03));
  const target = (pointer: string) => older.find((link) => link.pointer === pointer)?.target;
  assert.deepEqual(target('/assets/icon'), { path: '/w/icon.png' });
  assert.deepEqual(target('/support-site'), { url: 'https://example.org/support' });
  const text = TYPESCRIPT_04.replace("{ dockerTag: 'nginx:1.29' }", "{ dockerBuild: { workdir: 'image' } }");
  const newer = linksOf(await readText(TS, text));
  const docker = newer.find(({ pointer }) => pointer.endsWith('/dockerBuild'));
  assert.deepEqual(docker?.target, { path: '/w/image/Dockerfile' });
  assert.equal(text.slice(docker?.span.start, docker?.span.end), 'dockerBuild');
  const onWindows = linksOf(await readText('c:\\w\\manifest.yaml', YAML_03));
  assert.deepEqual(onWindows.find((link) => link.pointer === '/assets/icon')?.target, { path: 'c:\\w\\icon.png' });
});

test('hovering explains keys, values and what is below lists', async () => {
  const cases: readonly [file: string, text: string, at: string, expected: RegExp][] = [
    [YAML, YAML_03, 'sigterm-timeout', /main › sigterm-timeout[\s\S]*whole seconds/],
    [YAML, YAML_03, 'docker_entrypoint.sh', /Executable to start[\s\S]*required/],
    [YAML, YAML_03, 'lan-config', /protocols` must contain `http`/],
    [YAML, YAML_03, 'charset', /joined by commas/],
    [TS, TYPESCRIPT_04, 'dockerTag', /published image/],
    [TS, TYPESCRIPT_04, 'volumes', /Ids of the volumes/],
    ['/w/manifest.json', JSON_04, '"product"', /Rust regex/],
    ['/w/manifest.toml', TOML_03, 'entrypoint', /Executable/],
  ];
  for (const [file, text, at, expected] of cases) {
    const found = hover(await readText(file, text), file, text.indexOf(at) + 1);
    assert.match(found?.markdown ?? '', expected, at);
  }
});

test('the outline nests, and everything of several lines folds', async () => {
  const symbols = documentSymbols(await readText(YAML, YAML_03), YAML);
  const volumes = symbols.find(({ name }) => name === 'volumes');
  assert.deepEqual(
    volumes?.children.map(({ name }) => name),
    ['main', 'cert', 'lnd'],
  );
  const check = (items: readonly ManifestSymbol[]) => {
    for (const { span, nameSpan, children } of items) {
      assert.ok(span.start <= nameSpan.start && span.end >= nameSpan.end);
      check(children);
    }
  };
  check(symbols);
  check(documentSymbols(await readText('/w/manifest.toml', TOML_03), '/w/manifest.toml'));
  assert.ok(foldingSpans(await readText('/w/manifest.toml', TOML_03), '/w/manifest.toml').length >= 4);
});
