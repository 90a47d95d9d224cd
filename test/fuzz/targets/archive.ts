import assert from 'node:assert/strict';
import { directory, type Entry } from '../../../extension/engine/archive/entry.ts';
import { readArchive } from '../../../extension/engine/archive/reader.ts';
import { parseTable, TableError } from '../../../extension/engine/archive/table.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { FindingError } from '../../../extension/engine/finding.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { archiveBytes, blake3, file } from '../../support/archives.ts';
import { validPackage } from '../../support/packages.ts';
import { UpstreamReader } from '../../support/sdk.ts';
import type { Random } from '../random.ts';
import { allowing, type FuzzTarget } from '../target.ts';

/** Names near every limit of names. */
function nameOf(random: Random): string {
  if (random.oneIn(10)) return random.pick(['', '.', '..', 'a/b', '\\', 'CON', '\u0000', '\u202e', '😀', 'é']);
  return String.fromCharCode(...Array.from({ length: 1 + random.size(4096) }, () => 97 + random.below(26)));
}

function treeOf(random: Random, depth: number): Entry {
  if (depth === 0 || (depth <= 6 && random.oneIn(3))) {
    const entry = file(random.bytes(random.size(300)));
    return random.oneIn(12) ? { kind: 'missing', hash: entry.hash, size: entry.size } : entry;
  }
  // Deep ones are narrow, and wide ones flat: both at once would be large alone.
  if (depth > 6) return directory([[nameOf(random), treeOf(random, depth - 1)]]);
  const shared = treeOf(random, depth - 1);
  const count = random.size(depth > 2 ? 3 : 200);
  const children = Array.from({ length: count }, () => {
    const child = random.oneIn(3) ? shared : treeOf(random, Math.min(2, depth - 1));
    return [nameOf(random), child] as const;
  });
  return directory(children);
}

/** Package archives of StartOS 0.4: header, signature, tables of contents, and what is in them. */
export const archiveTarget: FuzzTarget = {
  name: 'archive',
  covers: [
    'extension/engine/archive/{reader,table,header,names,sighash,content}.ts',
    'extension/engine/verify/verify.ts',
  ],

  seeds: () =>
    Promise.all([
      archiveBytes(validPackage()),
      archiveBytes(validPackage(), 'name'),
      archiveBytes(validPackage({ 'manifest.json': '{}', dependencies: { a: { 'metadata.json': '{}' } } })),
    ]),

  async make(random) {
    const root = treeOf(random, random.oneIn(20) ? random.between(250, 260) : random.between(1, 6));
    const top = root.kind === 'directory' ? root : directory([['file', root]]);
    const whole = random.oneIn(2) ? top : directory([...validPackage().children, ['images', top]]);
    return archiveBytes(whole, random.oneIn(2) ? 'name' : 'priority');
  },

  async read(input, random) {
    const source = new MemorySource(input);
    const { findings, root } = await readArchive(source, { blake3 });
    for (const found of findings) assert.ok(found.message !== '', found.code);
    const report = await verifyPackage(source, { blake3 });
    assert.ok(
      report.archive.opens || report.findings.some(({ severity }) => severity === 'error'),
      'closed without a word',
    );
    for (const found of report.findings)
      if (found.code.startsWith('content-') && !found.message.startsWith('and '))
        assert.ok(found.where.path !== undefined);
    if (root) {
      const browser = new PackageBrowser(root, blake3);
      const walk = new PackageWalk(undefined);
      await allowing([FindingError], async () => {
        for await (const node of walk.folder(browser, browser.root)) assert.ok(node.kind !== undefined);
      });
    }
    // The parser alone, which the hash of a changed table keeps from being reached.
    const table = input.subarray(random.below(input.length));
    await allowing([TableError], () => [...parseTable(table, { overlongVarints: 0, leftoverBytes: 0 })]);
  },

  async compare(input) {
    const { intact, complete } = await verifyPackage(new MemorySource(input), { blake3 });
    if (intact && complete) await UpstreamReader.deserialize(new Blob([Buffer.from(input)]), null);
  },
};
