import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkContent, digestContent } from '../../../extension/engine/archive/content.ts';
import { type DirectoryEntry, walk as entriesOf } from '../../../extension/engine/archive/entry.ts';

import { readArchive } from '../../../extension/engine/archive/reader.ts';
import { writeArchive } from '../../../extension/engine/archive/writer.ts';
import { compareManifests, comparePackages } from '../../../extension/engine/browse/compare.ts';
import { extract } from '../../../extension/engine/browse/extract.ts';
import { PackageBrowser } from '../../../extension/engine/browse/package-browser.ts';
import { PackageWalk } from '../../../extension/engine/browse/package-walk.ts';
import { weigh } from '../../../extension/engine/browse/weigh.ts';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { editPackage } from '../../../extension/engine/edit/edit-package.ts';
import { classOf, FindingError } from '../../../extension/engine/finding.ts';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource, readAll } from '../../../extension/engine/io/byte-source.ts';
import { formatPrivateKey } from '../../../extension/engine/sign/private-key.ts';
import type { DirectoryNode, FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { readVerifiedManifest } from '../../../extension/engine/verify/verify.ts';
import { verifyEither } from '../../../extension/engine/verify/verify-either.ts';
import { examineManifest03 } from '../../../extension/manifest/rules-03/examine.ts';
import { archiveBytes, blake3, testKey, tree } from '../../support/archives.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { type UpstreamFolder, upstreamTree } from '../../support/sdk.ts';
import { temporaryFolder } from '../../support/tools.ts';
import { mutate } from '../mutate.ts';
import type { Random } from '../random.ts';
import { encodeArchive, type RawEntry, type RawHeader, type RawTable, signAgain } from '../raw-archive.ts';
import { bytesOf, type FuzzTarget } from '../target.ts';

/** Positions and sizes at which readers go wrong; those near the size of the file come on top. */
const EDGES = [
  ...[0n, 1n, 154n, 155n, 156n, 1n << 20n, (1n << 20n) + 1n, (1n << 31n) - 1n, 1n << 31n, (1n << 32n) - 1n, 1n << 32n],
  ...[(1n << 53n) - 1n, 1n << 53n, (1n << 53n) + 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 2n, (1n << 64n) - 1n],
] as const;
const anyEdge = (random: Random) => EDGES[random.below(EDGES.length)] ?? 0n;

const ODD_NAMES: readonly [string, ...string[]] = [
  ...([
    '',
    '.',
    '..',
    '...',
    '../up',
    'a/b',
    '/',
    '/abs',
    '\\',
    'a\\b',
    'C:',
    'c:\\x',
    'CON',
    'nul.txt',
    'a.',
    'a ',
  ] as const),
  ...[
    '\u0000',
    'a\u0000b',
    '\n',
    '\u001b[2J',
    '\u007f',
    '\u0085',
    '\u202egpj',
    '\u200b',
    '\ufeff',
    '\ufeffa',
    '\u2028',
  ],
  ...['😀', '\uffff', '\ue000', '\u{10000}', 'é', 'e\u0301', 'ß', 'İ', 'A', 'a', '%2e%2e', '~', '-rf', '*', '$HOME'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', '1', '-1', '10', '9', 'x'.repeat(255)],
  ...['manifest.json', 'icon.png', 'icon.svg', 'icon', 'images', 'main.squashfs', 'a.squashfs', 'LICENSE.md'],
];
/** What is no UTF-8: cut short, longer than needed, a surrogate, beyond Unicode. */
const NO_TEXT = ['80', 'c3', 'c080', 'eda080', 'f4908080', 'ff', '61ff62'].map((hex) => Buffer.from(hex, 'hex'));

function nameOf(random: Random): Uint8Array {
  if (random.oneIn(40)) return NO_TEXT[random.below(NO_TEXT.length)] ?? new Uint8Array(0);
  if (random.oneIn(30)) return bytesOf('n'.repeat(BUDGET.archiveNameBytes + random.between(-1, 1)));
  if (random.oneIn(200)) return bytesOf('n'.repeat((1 << 20) + random.between(-1, 1)));
  if (random.oneIn(3)) return bytesOf(random.pick(ODD_NAMES));
  return bytesOf(`${random.pick(['a', 'b', 'dir', 'file'])}${random.below(30)}`);
}

/** What one archive is made with: its faults are few, so that the others are not hidden by the first. */
interface Making {
  readonly random: Random;
  /** Contents and tables that may be used again. */
  readonly shared: (Uint8Array | RawTable)[];
  /** One in so many numbers, hashes and types is another one. */
  readonly faultOf: number;
}

function faults({ random, faultOf }: Making, content: RawEntry['content']): Partial<RawEntry> {
  const near = content instanceof Uint8Array ? BigInt(content.length) : BigInt(random.below(4000));
  const number = () => (random.oneIn(2) ? anyEdge(random) : near + BigInt(random.between(-2, 2)));
  const large = () => near + BigInt(random.size(1 << 20));
  return {
    ...(random.oneIn(faultOf) && { position: number() }),
    ...(random.oneIn(faultOf) && { size: number() }),
    // More than there is may be signed for a table.
    ...(random.oneIn(faultOf) && typeof content !== 'string' && !(content instanceof Uint8Array) && { size: large() }),
    ...(random.oneIn(faultOf) && { tableSize: number() }),
    ...(random.oneIn(faultOf) && { type: random.pick([0, 1, 2, 3, 0x80, 255]) }),
    ...(random.oneIn(faultOf * 2) && { hash: random.bytes(32) }),
  };
}

function contentOf(making: Making, depth: number): RawEntry['content'] {
  const { random, shared } = making;
  if (shared.length > 0 && random.oneIn(6)) return shared[random.below(shared.length)] ?? 'missing';
  const kind = random.below(depth > 0 ? 8 : 5);
  if (kind === 0) return 'missing';
  const made = kind < 5 ? random.bytes(random.size(300)) : tableOf(making, depth - 1);
  if (random.oneIn(3)) shared.push(made);
  return made;
}

function tableOf(making: Making, depth: number): RawTable {
  const { random, faultOf } = making;
  const count = random.oneIn(8) ? 0 : random.size(random.oneIn(40) ? 2000 : 8);
  const entries = Array.from({ length: count }, (): RawEntry => {
    const content = contentOf(making, count > 20 ? 0 : depth);
    return { name: nameOf(random), content, ...faults(making, content) };
  });
  const [first] = entries;
  if (first && random.oneIn(10)) entries.push({ ...first, content: contentOf(making, 0) });
  return {
    entries: random.oneIn(2) ? entries.sort((a, b) => Buffer.compare(a.name, b.name)) : entries,
    ...(random.oneIn(faultOf) && { count: random.oneIn(2) ? BigInt(count + random.between(-1, 1)) : anyEdge(random) }),
    ...(random.oneIn(faultOf) && { overlong: random.between(1, 9) }),
    ...(random.oneIn(faultOf) && { leftover: random.bytes(1 + random.size(100)) }),
  };
}

/** A small image, as packers write them. */
const IMAGE = imageOfLinks();
async function imageOfLinks(): Promise<Uint8Array> {
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  const file = { kind: 'file' as const, ...attributes, content: new MemorySource(bytesOf('text')) };
  const link = (target: string) => ({ kind: 'symlink' as const, ...attributes, target });
  const folder = (children: [string, FsNode][]): DirectoryNode => ({
    ...{ kind: 'directory', ...attributes, children: new Map(children) },
  });
  const inner = folder([
    ['file', file],
    ['up', link('../../../etc')],
    ['self', link('self')],
    ['to', link('/inner/file')],
  ]);
  const sink = new MemorySink();
  await writeSquashfs(
    folder([
      ['inner', inner],
      ['CON', file],
      ['back\\slash', file],
    ]),
    sink,
    { blake3, label: 'fuzz' },
  );
  return sink.bytes();
}

/** A table in a table, as many levels as there may be, and one more or less; names that make paths too long. */
function deepTable(random: Random): RawTable {
  const name = bytesOf(random.oneIn(3) ? 'n'.repeat(random.between(14, 17)) : 'd');
  let table: RawTable = { entries: [{ name: bytesOf('file'), content: bytesOf('deep') }] };
  for (let left = BUDGET.archiveDepth + random.between(-2, 2); left > 0; left--)
    table = { entries: [{ name, content: table }] };
  return table;
}

/** A file whose bytes are what is hashed of a folder: nothing that is signed tells them apart. */
function twoFaced(random: Random): RawEntry {
  const entries = Array.from(
    { length: random.size(5) },
    (_, index): RawEntry => ({ name: bytesOf(`${index}`), content: 'missing' }),
  );
  return { name: bytesOf('two-faced'), content: { entries }, type: 1 };
}

const WHOLE: readonly RawEntry[] = [
  { name: bytesOf('manifest.json'), content: bytesOf(JSON.stringify(goodManifest)) },
  { name: bytesOf('icon.svg'), content: bytesOf('<svg xmlns="http://www.w3.org/2000/svg"/>') },
  { name: bytesOf('LICENSE.md'), content: bytesOf('MIT') },
];

/** Nothing reads more than this of a file that it is told of. */
const READ_BYTES = 1 << 20;

const options = { blake3 };

/** Every name below the root once, within what a person waits for. */
async function listAll(root: DirectoryEntry): Promise<PackageBrowser> {
  const browser = new PackageBrowser(root, blake3);
  const walk = new PackageWalk(undefined);
  let count = 0;
  for await (const node of walk.below(browser, browser.root)) {
    assert.ok(node.kind !== undefined);
    if (++count > 3000) break;
    if (count > 100) continue;
    // Names that hold a slash are no segments of a path.
    if (!/(?:^|\/)\.?(?:\/|$)/.test(node.path) && !node.name.includes('/'))
      await browser.lookUp(node.path).catch(allowFindings);
    if (node.isImage) {
      let inside = 0;
      for await (const { path } of walk.below(browser, node)) {
        if (++inside > 100) break;
        await browser.follow(path).catch(allowFindings);
        const found = await browser.lookUp(path).catch(allowFindings);
        if (found) await browser.content(found).catch(allowFindings);
      }
      await weigh(browser, node, 10);
    }
    const content = await browser.content(node).catch(allowFindings);
    if (content) assert.ok((await content.read(0, READ_BYTES)).length <= READ_BYTES);
  }
  await weigh(browser, browser.root, 10);
  return browser;
}

function allowFindings(error: unknown): undefined {
  if (!(error instanceof FindingError)) throw error;
}

/** Extracts into a folder of a folder, in which nothing else may be afterwards. */
async function extractAll(browser: PackageBrowser, random: Random): Promise<void> {
  await using temporary = await temporaryFolder();
  const platform = random.pick(['linux', 'win32', 'darwin'] as const);
  const made = await extract(browser, browser.root, join(temporary.path, 'in', 'out'), { platform }).catch(
    allowFindings,
  );
  assert.deepEqual(await readdir(temporary.path), ['in']);
  assert.deepEqual(await readdir(join(temporary.path, 'in')), made ? ['out'] : [], 'nothing beside the folder');
}

/** Signed again as a package: what comes out is whole, or nothing does. */
async function editAll(input: Uint8Array): Promise<void> {
  await using temporary = await temporaryFolder();
  const [file, key, output] = ['in.s9pk', 'key.pem', 'out.s9pk'].map((name) => join(temporary.path, name)) as [
    string,
    string,
    string,
  ];
  await writeFile(file, input);
  await writeFile(key, formatPrivateKey(testKey), { mode: 0o600 });
  const changes = [{ path: '/title', value: 'Other' }];
  const { findings, made } = await editPackage({ ...options, file, output, key, changes, images: [], mtime: 0 });
  assert.ok(made !== undefined || findings.some(({ severity }) => severity === 'error'), 'refused without a word');
  assert.equal((await readdir(temporary.path)).includes('out.s9pk'), made !== undefined);
}

/** A tree that can be read can be written, and is the same then. */
async function writeAll(root: DirectoryEntry): Promise<void> {
  const sink = new MemorySink();
  try {
    await writeArchive(root, sink, { ...options, signer: { key: testKey }, order: 'name' });
  } catch (error) {
    // Damaged contents, and a root table that is too large.
    allowFindings(error);
    return;
  }
  const again = await readArchive(new MemorySource(sink.bytes()), options);
  assert.ok(again.opens, JSON.stringify(again.findings));
  const listed = (top: DirectoryEntry) =>
    [...entriesOf(top)].map(([path, { kind }]) => `${JSON.stringify(path)} ${kind}`).sort();
  assert.ok(again.root);
  assert.deepEqual(listed(again.root), listed(root), 'what is written is what was read');
}

/** Findings with which upstream may open what we do not: limits of ours, and what the file is too short for. */
const STRICTER = ['table-limit', 'table-shared', 'table-malformed', 'table-out-of-range'];

async function compareFolders(ours: DirectoryEntry, theirs: UpstreamFolder, path: string): Promise<void> {
  const names = [...ours.children.keys()];
  assert.deepEqual(Object.keys(theirs.contents).sort(), names.toSorted(), `names in ${path}`);
  for (const [name, entry] of ours.children) {
    const member = theirs.contents[name];
    const at = `${path}/${name}`;
    assert.ok(member, at);
    if (entry.kind === 'missing') assert.equal(member.contents, null, at);
    else if (entry.kind === 'directory') {
      assert.ok(
        member.contents !== null && 'contents' in member.contents && !(member.contents.contents instanceof Blob),
        at,
      );
      await compareFolders(entry, member.contents as UpstreamFolder, at);
    } else {
      assert.equal(member.size, entry.size, at);
      const isGood = checkContent(entry, at, await digestContent(entry.content, blake3)) === undefined;
      const read = await member.verifiedFileContents().catch(() => undefined);
      // Upstream does not compare lengths: what is cut short may still have the hash of what is left.
      if (isGood)
        assert.deepEqual(
          read && new Uint8Array(read),
          new Uint8Array(await readAll(entry.content, READ_BYTES * 8)),
          at,
        );
      else if (read) assert.notEqual(BigInt(read.byteLength), entry.size, `${at} is good`);
    }
  }
}

/** Package archives of StartOS 0.4 whose tables say anything, and are signed rightly. */
export const signedTablesTarget: FuzzTarget = {
  name: 'signed-tables',
  covers: [
    'extension/engine/archive/{reader,table,header,names,sighash,content,order,writer}.ts',
    'extension/engine/verify/{verify,verify-either}.ts',
    'extension/engine/browse/{package-browser,package-walk,extract,weigh,compare}.ts',
    'extension/engine/edit/edit-package.ts',
  ],

  seeds: () =>
    Promise.all([
      archiveBytes(validPackage()),
      archiveBytes(validPackage(), 'name'),
      archiveBytes(tree({ a: { b: { c: 'deep' }, empty: {} }, file: 'text', 'manifest.json': '{}' })),
    ]),

  async make(random) {
    const making: Making = { random, shared: [], faultOf: random.pick([1000, 60, 25, 8]) };
    const drawn = random.oneIn(12) ? deepTable(random) : tableOf(making, random.between(1, 6));
    const more = random.oneIn(10) ? [twoFaced(random)] : [];
    if (random.oneIn(8)) {
      const image = await IMAGE;
      const content = random.oneIn(2) ? image : mutate(image, image, random);
      more.push({ name: bytesOf('a.squashfs'), content, ...faults(making, content) });
    }
    if (random.oneIn(200)) {
      // A manifest as large as is read: spaces are of no meaning.
      const text = JSON.stringify(goodManifest);
      const content = bytesOf(text + ' '.repeat(random.near(BUDGET.manifestBytes) - text.length));
      return encodeArchive({ entries: [{ name: bytesOf('manifest.json'), content }, ...WHOLE.slice(1)] });
    }
    const entries = random.oneIn(2) ? [...WHOLE, ...drawn.entries, ...more] : [...drawn.entries, ...more];
    const number = () => (random.oneIn(2) ? anyEdge(random) : BigInt(random.below(3000)));
    const header: RawHeader = {
      ...(random.oneIn(making.faultOf) && { maxsize: number() }),
      ...(random.oneIn(making.faultOf) && { position: number() }),
      ...(random.oneIn(making.faultOf) && { tableSize: number() }),
      ...(random.oneIn(10) && { trailing: random.bytes(random.size(200)) }),
    };
    return encodeArchive({ ...drawn, entries }, header);
  },

  /** Changed by its bytes, too, and signed after that. */
  mutate: (input, other, random) => signAgain(mutate(input, other, random)),

  async read(input, random) {
    const source = new MemorySource(input);
    const reading = await readArchive(source, options);
    for (const found of reading.findings) assert.ok(found.message !== '', found.code);
    const isBroken = reading.findings.some((found) => ['format', 'broken'].includes(classOf(found)));
    assert.equal(reading.opens, !isBroken, JSON.stringify(reading.findings));
    const limits = { depth: random.below(4), entries: random.below(20), tableBytes: random.below(2000) };
    const limited = await readArchive(source, { ...options, limits });
    if (limited.root) assert.ok([...entriesOf(limited.root)].length <= limits.entries, 'no more than the limit');
    const report = await verifyEither(source, { ...options, examine: examineManifest03 });
    assert.equal(report.opens, reading.opens);
    assert.ok(report.opens || report.findings.some(({ severity }) => severity === 'error'), 'closed without a word');
    const { root } = reading;
    if (!root) return;
    const { manifest } = await readVerifiedManifest(root, blake3);
    if (report.complete) assert.ok(manifest, 'what is complete has a manifest');
    const browser = await listAll(root);
    if (!reading.opens) return;
    const other = new PackageBrowser(validPackage(), blake3);
    const walks = { before: new PackageWalk(undefined), after: new PackageWalk(undefined) };
    let told = 0;
    for await (const { what } of comparePackages(browser, random.oneIn(4) ? browser : other, walks)) {
      assert.ok(Array.isArray(what));
      if (++told > 2000) break;
    }
    await compareManifests(browser, other).catch(allowFindings);
    if (random.oneIn(4)) await writeAll(root);
    if (random.oneIn(8)) await extractAll(browser, random);
    if (random.oneIn(8)) await editAll(input);
  },

  comparesOneIn: 3,
  /** What both open has the same names, sizes and bytes; what upstream alone opens is beyond a limit of ours. */
  async compare(input) {
    // Of each number upstream copies all that follows it.
    if (input.length > 1 << 16) return;
    const { root, opens, findings } = await readArchive(new MemorySource(input), options);
    const codes = findings.map(({ code }) => code);
    // Of tables that point back into each other upstream never comes to an end.
    if (codes.some((code) => code === 'table-shared' || code === 'table-limit') || !root) return;
    const { error: say } = console;
    console.error = () => undefined;
    const theirs = await upstreamTree(input).catch(() => undefined);
    console.error = say;
    if (!theirs) return;
    assert.ok(opens || codes.some((code) => STRICTER.includes(code)), `upstream opens it: ${codes.join()}`);
    if (opens) await compareFolders(root, theirs, '');
  },
};
