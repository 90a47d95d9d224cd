import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyEdits } from '../../../extension/manifest/edits/edit.ts';
import { withoutPlaceholders } from '../../../extension/manifest/edits/render.ts';
import { type Completion, complete } from '../../../extension/manifest/language/complete.ts';
import { lintManifest } from '../../../extension/manifest/lint-manifest.ts';
import { BASES, FILES, type Kind, readText } from '../../support/manifests.ts';

/** Puts text with a cursor (¦) into a base and gives what is offered there. */
async function offered(kind: Kind, replace: string, by: string): Promise<{ items: Completion[]; text: string }> {
  assert.ok(BASES[kind].includes(replace), `the base has no ${replace}`);
  const withCursor = BASES[kind].replace(replace, () => by);
  const offset = withCursor.indexOf('¦');
  assert.ok(offset >= 0);
  const text = withCursor.replace('¦', '');
  return { items: complete(await readText(FILES[kind], text), FILES[kind], offset), text };
}

interface Case {
  readonly in: Kind;
  readonly replace: string;
  readonly by: string;
  /** Labels that are offered; with `first`, the ones at the top in this order. */
  readonly offers?: readonly string[];
  readonly first?: readonly string[];
  readonly not?: readonly string[];
  /** Takes this one: the text then holds `gives`, and the manifest has no error. */
  readonly take?: string;
  readonly gives?: string;
}

const CASES: readonly Case[] = [
  // A word that runs into the next line
  {
    in: 'yaml',
    replace: '  args: []\n  mounts',
    by: '  gpu¦\n  args: []\n  mounts',
    offers: ['gpu-acceleration'],
    not: ['args'],
    take: 'gpu-acceleration',
    gives: '  gpu-acceleration: true\n  args: []',
  },
  // Keys
  {
    in: 'yaml',
    replace: 'title: Hello World\nversion',
    by: '¦\nversion',
    first: ['title'],
    not: ['version'],
    take: 'title',
  },
  {
    in: 'yaml',
    replace: 'support-site:',
    by: 'donation¦\nsupport-site:',
    offers: ['donation-url'],
    take: 'donation-url',
    gives: 'donation-url: https://',
  },
  { in: 'yaml', replace: '  short: A greeting\n', by: '  ¦\n', first: ['short'], not: ['long', 'id'], take: 'short' },
  {
    in: 'yaml',
    replace: '  entrypoint: docker_entrypoint.sh',
    by: '  entry¦',
    first: ['entrypoint'],
    offers: ['gpu-acceleration'],
    not: ['image'],
    take: 'entrypoint',
  },
  { in: 'yaml', replace: '    ui: true\n', by: '    u¦\n', first: ['ui'], take: 'ui', gives: '    ui: ' },
  {
    in: 'yaml',
    replace: '  sigterm-timeout: 30s',
    by: '  ¦sigterm-timeout: 30s',
    offers: ['sigterm-timeout', 'shm-size-mb'],
    take: 'shm-size-mb',
    gives: '  shm-size-mb: 30s',
  },
  {
    in: 'yaml',
    replace: '    mounts: {}',
    by: '    mounts:\n      ¦',
    offers: ['main', 'cert', 'lnd'],
    not: ['BACKUP'],
    take: 'main',
  },
  {
    in: 'yaml',
    replace: '      BACKUP: /mnt/backup\n      main: /root/data\nmigrations',
    by: '      main: /root/data\n      ¦\nmigrations',
    offers: ['BACKUP', 'cert'],
    not: ['main'],
    take: 'BACKUP',
  },
  {
    in: 'yaml',
    replace: 'health-checks:\n',
    by: 'health-checks:\n  ¦\n',
    offers: ['health check (docker)', 'health check (script)'],
    take: 'health check (script)',
    gives: '  new-web-ui:\n    name: Web Interface\n',
  },
  { in: 'yaml', replace: '  count:\n', by: '  ¦\n      count:\n' },
  {
    in: 'yaml',
    replace: 'dependencies:\n',
    by: 'dependencies:\n  ¦\n',
    offers: ['bitcoind', 'dependency'],
    not: ['lnd'],
    take: 'bitcoind',
    gives: '  bitcoind:\n    version: ',
  },
  {
    in: 'toml',
    replace: 'title = "Hello World"\n',
    by: 'ti¦\n',
    first: ['title'],
    take: 'title',
    gives: 'title = "Hello World"',
  },
  { in: 'toml', replace: 'ui = true\n', by: 'u¦\n', offers: ['ui'], not: ['name'], take: 'ui' },
  { in: 'json', replace: '  "title": "Hello World",\n', by: '  ¦\n', first: ['title'], not: ['id', '$schema'] },
  { in: 'json', replace: '"title": "Hello World"', by: '"ti¦"', offers: ['title'] },
  {
    in: 'json',
    replace: '"arch": ["x86_64", "aarch64"],',
    by: '"arch": ["x86_64", "aarch64"], "nv¦"',
    offers: ['nvidiaContainer'],
    not: ['arch', 'source'],
  },
  { in: 'json', replace: '{ "en_US": "A greeting",', by: '{ "¦",', offers: ['en_US'], not: ['de_DE'] },
  {
    in: 'ts',
    replace: "  title: 'Hello World',\n",
    by: '  ti¦\n',
    first: ['title'],
    not: ['version', 'docsUrls', 'canMigrateTo'],
    take: 'title',
    gives: "title: 'Hello World',",
  },
  {
    in: 'ts',
    replace: 'dependencies: {},',
    by: 'dependencies: {\n    ¦\n  },',
    offers: ['dependency', 'lnd'],
    take: 'lnd',
    gives: '    lnd: {\n      description: ',
  },
  {
    in: 'ts',
    replace: "      source: { dockerTag: 'nginx:1.29' },",
    by: '      ¦',
    first: ['source'],
    not: ['arch', 'emulateMissingAs'],
  },
  // Values
  { in: 'yaml', replace: 'main:\n  type: docker', by: 'main:\n  type: ¦', first: ['docker', 'script'], take: 'docker' },
  {
    in: 'yaml',
    replace: 'io-format: yaml',
    by: 'io-format: js¦',
    offers: ['json', 'json-pretty', 'cbor'],
    take: 'json',
  },
  { in: 'yaml', replace: 'ui: true', by: 'ui: ¦', first: ['false', 'true'], take: 'true' },
  {
    in: 'yaml',
    replace: 'license: MIT',
    by: 'license: A¦',
    offers: ['Apache-2.0', 'AGPL-3.0-only'],
    take: 'Apache-2.0',
  },
  { in: 'yaml', replace: 'interface-id: main', by: 'interface-id: ¦', first: ['main'], take: 'main' },
  { in: 'yaml', replace: 'package-id: lnd', by: 'package-id: ¦', first: ['lnd'], take: 'lnd' },
  {
    in: 'yaml',
    replace: 'image: compat\n    system: true\n    entrypoint: config',
    by: 'image: ¦\n    system: true\n    entrypoint: config',
    first: ['compat', 'utils'],
    take: 'compat',
  },
  {
    in: 'yaml',
    replace: '    image: main\n    entrypoint: check-web.sh',
    by: '    image: m¦\n    entrypoint: check-web.sh',
    first: ['main'],
    take: 'main',
  },
  { in: 'yaml', replace: '[running, stopped]', by: '[running, ¦]', offers: ['running', 'stopped'], take: 'stopped' },
  { in: 'yaml', replace: '      - http\n', by: '      - ¦\n', offers: ['tcp', 'http'], take: 'http' },
  {
    in: 'yaml',
    replace: 'requirement:\n      type: opt-in\n      how: Choose it',
    by: 'requirement: ¦',
    offers: ['required', 'opt-in'],
    take: 'opt-in',
    gives: 'requirement: \n      type: opt-in\n      how: ',
  },
  {
    in: 'toml',
    replace: 'type = "docker"',
    by: 'type = ¦',
    first: ['docker', 'script'],
    take: 'docker',
    gives: 'type = "docker"',
  },
  {
    in: 'json',
    replace: '["x86_64", "aarch64"]',
    by: '["x86_64", "¦"]',
    offers: ['riscv64', 'aarch64'],
    take: 'aarch64',
    gives: '["x86_64", "aarch64"]',
  },
  {
    in: 'json',
    replace: '"license": "MIT"',
    by: '"license": "M¦"',
    offers: ['MIT', 'MPL-2.0'],
    take: 'MIT',
    gives: '"license": "MIT"',
  },
  { in: 'json', replace: '"optional": false', by: '"optional": ¦', first: ['false', 'true'], take: 'false' },
  {
    in: 'ts',
    replace: "license: 'MIT'",
    by: "license: '¦'",
    offers: ['MIT', 'GPL-3.0-only'],
    take: 'MIT',
    gives: "license: 'MIT'",
  },
  {
    in: 'ts',
    replace: "['x86_64', 'aarch64']",
    by: "['¦']",
    offers: ['x86_64', 'aarch64', 'riscv64'],
    take: 'x86_64',
    gives: "arch: ['x86_64']",
  },
  { in: 'ts', replace: "source: { dockerTag: 'nginx:1.29' }", by: 'source: ¦', offers: ['dockerTag', 'dockerBuild'] },
  // Nothing
  { in: 'yaml', replace: 'short: A greeting', by: 'short: |\n    A greeting ¦', not: ['long', 'short'] },
];

for (const item of CASES) {
  test(`${item.in}: ${item.by.replaceAll(/\s+/g, ' ').slice(0, 60)}`, async () => {
    const { items, text } = await offered(item.in, item.replace, item.by);
    const labels = items.toSorted((a, b) => (a.sort < b.sort ? -1 : 1)).map(({ label }) => label);
    for (const label of item.offers ?? [])
      assert.ok(labels.includes(label), `${label} is not in ${labels.slice(0, 30)}`);
    for (const label of item.not ?? []) assert.ok(!labels.includes(label), `${label} is offered`);
    if (item.first) assert.deepEqual(labels.slice(0, item.first.length), item.first);
    assert.equal(new Set(labels).size, labels.length, 'something is offered twice');
    if (item.take === undefined) return;
    const taken = items.find(({ label }) => label === item.take);
    assert.ok(taken, `${item.take} is not offered: ${labels.slice(0, 30)}`);
    const edited = applyEdits(text, [
      { ...taken.replace, text: withoutPlaceholders(taken.insert).replaceAll('\\$', '$') },
    ]);
    if (item.gives !== undefined) assert.ok(edited.includes(item.gives), edited);
    const errors = lintManifest(await readText(FILES[item.in], edited)).filter(
      (found) => found.code === 'manifest-json',
    );
    assert.deepEqual(errors, [], edited);
  });
}

test('keys are explained only when somebody looks at them', async () => {
  const { items } = await offered('yaml', 'title: Hello World\nversion', '¦\nversion');
  const title = items.find(({ label }) => label === 'title');
  assert.match(title?.document?.() ?? '', /29 bytes[\s\S]*text, required/);
});
