import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FindingError } from '../../../extension/engine/finding.ts';
import { readManifestSource } from '../../../extension/engine/pack/bundle/manifest-source.ts';
import { checkInstalled } from '../../../extension/engine/pack/bundle/npm-install.ts';
import { IconCache } from '../../../extension/engine/pack/dependencies/icon-cache.ts';
import { cachedModule } from '../../../extension/engine/pack-sections/deno-cache.ts';
import { parseManifest } from '../../../extension/engine/package/parse-manifest.ts';
import { programOfPackage } from '../../../extension/engine/process/npm-program.ts';
import { readStartosConfig } from '../../../extension/engine/upstream/startos-config.ts';
import { goodManifest } from '../../support/packages.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { mutateText } from '../mutate.ts';
import { allowing, bytesOf, type FuzzTarget, textOf } from '../target.ts';

const ADDRESS = 'https://example.org/mod.ts';
/** SHA-256 of the path of that address, as deno's cache names it. */
const IN_CACHE = 'deno/remote/https/example.org/51a61f14fdad404fd2c9187363be7846d6d3b84a2b8697b9bd50c60d4509ab60';

const SEEDS = [
  'schema: 1\nhost: https://mine.local\nregistry:\n  default: beta\n  beta: https://beta.example.org\n  a: b\n  b: a\ndeveloper-key-path: ~/key.pem\n',
  JSON.stringify(goodManifest),
  'id: x\ntitle: &a [1, *b]\nb: &b {c: 0x10, d: 1e3, e: 2026-01-01, ? [x] : y}\n<<: *b\n',
  '{"name":"x","bin":{"x":"bin/x"},"directories":{"bin":"bin"},"dependencies":{"a":"1"},"packages":{"node_modules/a":{"version":"1"}}}',
  `export const a = 1;\n// denoCacheMetadata={"headers":{"location":"../other.ts"},"url":"${ADDRESS}"}\n`,
  '{"mime":"image/png","fetched":"2026-01-01T00:00:00Z","base64":"iVBORw0KGgo="}',
];

/** Files of settings and of other programs' caches, and manifests in their plain form: a text is read as each of them. */
export const settingsTarget: FuzzTarget = {
  name: 'settings',
  covers: [
    'extension/engine/upstream/startos-config.ts',
    'extension/engine/pack/bundle/manifest-source.ts',
    'extension/engine/pack-sections/deno-cache.ts',
    'extension/engine/json/json-object.ts',
    'extension/engine/process/npm-program.ts',
  ],
  seeds: async () => SEEDS.map(bytesOf),

  async make(random) {
    const count = random.size(60_000);
    return bytesOf(
      random.pick([
        '['.repeat(count),
        '{a: '.repeat(count),
        '- '.repeat(count),
        '? '.repeat(count),
        `{"a":`.repeat(count),
        Array.from({ length: Math.min(count, 3000) }, (_, level) => `${' '.repeat(level)}k:`).join('\n'),
        `a: &a [x]\n${Array.from({ length: Math.min(count, 40) }, (_, n) => `a${n}: &a${n} [*a${n - 1}, *a${n - 1}]`).join('\n')}`,
        `host:\n${Array.from({ length: Math.min(count, 300) }, (_, n) => `  n${n}: n${n + 1}\n`).join('')}`,
        `id: ${'x'.repeat(count)}`,
      ]),
    );
  },
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input, random) {
    const text = textOf(input);
    await using temporary = await temporaryFolder();
    const folder = join(temporary.path, 'w');
    const manifest = random.oneIn(2) ? 'manifest.yaml' : 'manifest.json';
    const files = [
      '.startos/config.yaml',
      manifest,
      'javascript/index.js',
      'package.json',
      'node_modules/.package-lock.json',
    ];
    for (const name of [...files, 'package-lock.json', 'icons/x.json', IN_CACHE]) {
      await mkdir(join(folder, name, '..'), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const { hosts, registries, problems } = await readStartosConfig(folder, temporary.path);
    for (const { url } of [...hosts, ...registries]) assert.ok(url === undefined || URL.canParse(url));
    for (const { message } of problems) assert.ok(message !== '');
    await allowing([FindingError], async () => {
      const silent = { log: () => undefined, onStage: () => undefined };
      const javascript = join(folder, 'javascript');
      const { value } = await readManifestSource({ folder, javascript, build: 'never', check: 'never', ...silent });
      for (const { message } of parseManifest(value).findings) assert.ok(message !== '');
    });
    for (const { message } of await checkInstalled(folder)) assert.ok(message !== '');
    await programOfPackage(folder, 'x');
    await cachedModule(ADDRESS, join(folder, 'deno'));
    await new IconCache(join(folder, 'icons')).take('x');
  },
};
