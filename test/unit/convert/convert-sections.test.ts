import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ConvertSectionsOptions, convertSections } from '../../../extension/engine/convert/convert-sections.ts';
import { ImageCache } from '../../../extension/engine/image/cache/image-cache.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import { createKey } from '../../../extension/engine/sign/key-store.ts';
import { verifyPackage } from '../../../extension/engine/verify/verify.ts';
import { blake3 } from '../../support/archives.ts';
import { LEGACY_MANIFEST, legacyPackage, SYSTEM_BACKUP } from '../../support/legacy-package.ts';
import { multiarchTar } from '../../support/multiarch.ts';
import { UpstreamReader } from '../../support/sdk.ts';
import { tarOf } from '../../support/tars.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { savedImage } from '../../support/wrapper-03.ts';

/** A folder with a package for StartOS 0.3 and a key. */
async function workspace(bytes = legacyPackage()) {
  const temporary = await temporaryFolder();
  const file = join(temporary.path, 'old.s9pk');
  const output = join(temporary.path, 'new.s9pk');
  await writeFile(file, bytes);
  const { key } = await createKey(temporary.path);
  const convert = (options: Partial<ConvertSectionsOptions> = {}) =>
    convertSections({ file, output, mtime: 0, blake3, ...options });
  const names = async () => (await readdir(temporary.path)).sort();
  return { ...temporary, path: temporary.path, file, output, key, convert, names };
}

/** Warnings and errors, but those of the stub images that every test has. */
const problems = (findings: readonly { code: string; severity: string; message: string }[]) =>
  findings
    .filter(({ code, severity }) => severity !== 'info' && code !== 'image-passwd')
    .map(({ code, message }) => `${code}: ${message}`);
const codes = (findings: readonly { code: string; severity: string }[]) =>
  findings.filter(({ severity }) => severity === 'error').map(({ code }) => code);
const verify = async (path: string) => verifyPackage(new MemorySource(await readFile(path)), { blake3 });

test('a package for StartOS 0.3 becomes one for 0.4 that verifies, and keeps its own bytes', async () => {
  await using work = await workspace(legacyPackage({ dependencies: {} }));
  const before = await readFile(work.file);
  const { made, findings } = await work.convert();
  assert.deepEqual(problems(findings), []);
  assert.equal(made?.path, work.output);
  const { opens, intact, canonical, complete, manifest, archive } = await verify(work.output);
  assert.deepEqual([opens, intact, canonical, complete], [true, true, true, true]);
  assert.deepEqual(archive.header?.publicKey, work.key.publicKey);
  assert.equal(manifest?.title, 'Older Example (Legacy)');
  assert.ok(before.equals(await readFile(work.file)));
  assert.deepEqual(await work.names(), ['.startos', 'new.s9pk', 'old.s9pk']);
});

test("upstream's own reader opens it and finds the fields that the reference gives it", async () => {
  await using work = await workspace();
  await work.convert();
  const s9pk = await UpstreamReader.deserialize(new Blob([await readFile(work.output)]), null);
  const { images, dependencies, hardwareRequirements, ...rest } = s9pk.manifest;
  assert.deepEqual(rest, {
    ...{ id: 'older', version: '1.2.3:1', title: 'Older Example (Legacy)', releaseNotes: 'First.', license: 'MIT' },
    ...{
      canMigrateFrom: '*',
      canMigrateTo: '!',
      gitHash: '0123456789abcdef',
      description: { short: 'short', long: 'long' },
    },
    ...{ packageRepo: 'https://example.org/wrapper', upstreamRepo: 'https://example.org/upstream' },
    ...{ marketingUrl: 'https://example.org/upstream', donationUrl: null, osVersion: '0.3.5.1', sdkVersion: null },
    ...{
      hardwareAcceleration: true,
      userspaceFilesystems: false,
      virtualNetworking: false,
      hardwareVirtualization: false,
    },
    ...{ plugins: [], satisfies: [], volumes: ['embassy', 'main'] },
  });
  const arch = ['aarch64', 'x86_64'];
  assert.deepEqual(images, { main: { source: 'packed', arch, emulateMissing: false, nvidiaContainer: false } });
  assert.deepEqual(dependencies, {
    bitcoind: { description: 'Blocks', optional: true, versionRange: null },
    nostr: { description: null, optional: false, versionRange: null },
  });
  const filter = { vendor: null, capabilities: null, driver: null };
  const description = 'a display device matching the expression Intel';
  assert.deepEqual(hardwareRequirements, {
    device: [{ description, class: 'display', product: 'Intel', ...filter }],
    ...{ ram: 1073741824, arch },
  });
  assert.match(await s9pk.icon(), /^data:image\/svg\+xml;base64,/);
  const contents = async (...path: string[]) => {
    const bytes = await s9pk.archive.contents.getPath(path)?.verifiedFileContents();
    assert.ok(bytes, path.join('/'));
    return Buffer.from(bytes);
  };
  assert.equal((await contents('LICENSE.md')).toString(), 'MIT\n');
  assert.equal((await contents('instructions.md')).toString(), '# Older\n');
  assert.equal((await contents('images', 'aarch64', 'main.env')).toString(), '');
  assert.deepEqual(JSON.parse((await contents('images', 'x86_64', 'main.json')).toString()), {
    ...{ workdir: '/', user: 'root', entrypoint: null, cmd: null },
  });
});

test('its images are what unsquashfs sees: merged layers, assets with modes, scripts and the old manifest', async () => {
  await using work = await workspace();
  await work.convert();
  const s9pk = await UpstreamReader.deserialize(new Blob([await readFile(work.output)]), null);
  const unpack = async (...path: string[]) => {
    const bytes = await s9pk.archive.contents.getPath(path)?.verifiedFileContents();
    assert.ok(bytes, path.join('/'));
    const image = join(work.path, path.join('-'));
    await writeFile(image, Buffer.from(bytes));
    await tool('unsquashfs', ['-quiet', '-no-progress', '-d', `${image}.d`, image]);
    return { folder: `${image}.d`, listed: (await tool('unsquashfs', ['-lln', image])).toString() };
  };
  for (const [arch, platform] of [
    ['x86_64', 'amd64'],
    ['aarch64', 'arm64'],
  ] as const) {
    const { folder } = await unpack('images', arch, 'main.squashfs');
    assert.deepEqual((await readdir(folder)).sort(), ['bin', 'etc', 'sh']);
    assert.equal(await readFile(join(folder, 'etc/hostname'), 'utf8'), `${platform}\n`);
  }
  const assets = await unpack('assets.squashfs');
  assert.equal(await readFile(join(assets.folder, 'files/a/b.txt'), 'utf8'), 'b\n');
  assert.match(assets.listed, /-rwxr-xr-x 0\/0 .*files\/run\.sh/);
  const javascript = await unpack('javascript.squashfs');
  assert.deepEqual((await readdir(javascript.folder)).sort(), ['embassy.js', 'embassyManifest.json']);
  assert.match(await readFile(join(javascript.folder, 'embassy.js'), 'utf8'), /getConfig/);
  const old = JSON.parse(await readFile(join(javascript.folder, 'embassyManifest.json'), 'utf8'));
  assert.deepEqual([old.id, old.title, old.version], ['older', 'Older Example', '1.2.3.1']);
  assert.deepEqual(old.interfaces.main['lan-config'], LEGACY_MANIFEST.interfaces.main['lan-config']);
  // Every key that the tools of 0.3 write, with null for what is not said.
  assert.equal(Object.keys(old).length, 29);
});

test('equal packages and keys give equal bytes, whatever is kept', async () => {
  await using work = await workspace();
  await work.convert();
  const first = await readFile(work.output);
  const again = join(work.path, 'again.s9pk');
  await work.convert({ output: again });
  assert.ok(first.equals(await readFile(again)));
  const cache = new ImageCache(join(work.path, 'cache'));
  for (const name of ['filled.s9pk', 'taken.s9pk']) {
    await work.convert({ output: join(work.path, name), cache });
    assert.ok(first.equals(await readFile(join(work.path, name))), name);
  }
  assert.equal((await cache.list()).length, 2);
  const { made } = await work.convert({ output: again, compressor: 'zstd' });
  assert.ok(made && !first.equals(await readFile(again)));
});

test('every value that is another one or gone is told, for people and for programs', async () => {
  await using work = await workspace();
  const { findings, changes } = await work.convert();
  const told = (kind: string) =>
    changes
      .filter((change) => change.kind === kind)
      .map(({ path }) => path)
      .sort();
  assert.deepEqual(told('changed'), [
    ...['/dependencies/bitcoind/requirement', '/git-hash', '/marketing-site', '/title', '/version', '/volumes'],
    'signer',
  ]);
  assert.deepEqual(told('legacy'), [
    ...['/backup', '/config', '/dependencies/bitcoind/version', '/dependencies/nostr/version', '/health-checks'],
    ...['/interfaces', '/main', '/migrations', '/volumes/files', '/volumes/tls'],
  ]);
  assert.deepEqual(told('lost'), ['/alerts/install', '/assets/icon', '/support-site']);
  for (const { kind, path } of changes)
    assert.ok(
      findings.some(({ code, where }) => code === `convert-${kind}` && where.path === path),
      `${kind} ${path}`,
    );
  assert.ok(findings.every(({ where }) => where.file === work.file || where.file === work.output));
  assert.deepEqual(
    changes.find(({ path }) => path === '/title'),
    { kind: 'changed', path: '/title', before: '"Older Example"', after: '"Older Example (Legacy)"' },
  );
  const renamed = findings.find(({ code }) => code === 'convert-dependency');
  assert.equal(renamed?.where.path, '/dependencies/nostr');
});

test('an image of the system is not in the package: it is missed, or given', async () => {
  await using work = await workspace(legacyPackage({ ...SYSTEM_BACKUP, dependencies: {} }));
  const without = await work.convert();
  assert.deepEqual(
    problems(without.findings).map((line) => line.split(':')[0]),
    ['convert-system-image'],
  );
  assert.deepEqual([...(without.made?.report.manifest?.images.keys() ?? [])], ['main']);
  const saved = join(work.path, 'compat.tar');
  await writeFile(saved, savedImage('amd64', 'start9/compat:latest'));
  const some = await work.convert({ images: [{ id: 'compat', arch: 'x86_64', path: saved }] });
  assert.deepEqual(
    problems(some.findings).map((line) => line.split(':')[0]),
    ['convert-system-image'],
  );
  const compat = some.made?.report.manifest?.images.get('compat');
  assert.deepEqual([compat?.arch, compat?.emulateMissing, compat?.emulateMissingAs], [['x86_64'], true, 'x86_64']);
  const other = join(work.path, 'compat-arm.tar');
  await writeFile(other, savedImage('arm64', 'start9/compat:latest'));
  const images = [
    { id: 'compat', arch: 'x86_64', path: saved },
    { id: 'compat', arch: 'aarch64', path: other },
  ];
  const all = await work.convert({ images });
  assert.deepEqual(problems(all.findings), []);
  assert.deepEqual(all.made?.report.manifest?.images.get('compat')?.arch, ['aarch64', 'x86_64']);
  const { findings } = await work.convert({ images: [...images, { id: 'mian', path: saved }] });
  assert.deepEqual(
    problems(findings).map((line) => line.split(':')[0]),
    ['image-unused'],
  );
});

test('a package for one architecture converts too, and others emulate it where the manifest allows them', async () => {
  const docker_images = savedImage('arm64', 'start9/older/main:1.2.3.1', 'start9/older/extra:1.2.3.1');
  await using work = await workspace(legacyPackage({ 'hardware-requirements': {} }, { docker_images }));
  const { made, changes } = await work.convert();
  const main = made?.report.manifest?.images.get('main');
  assert.deepEqual([main?.arch, main?.emulateMissing, main?.emulateMissingAs], [['aarch64'], true, 'aarch64']);
  assert.equal(made?.report.complete, true);
  assert.ok(changes.some(({ path }) => path === '/hardware-requirements/arch'));
  assert.ok(
    changes.some(({ kind, path }) => kind === 'lost' && path === 'docker_images'),
    'the image nobody runs',
  );
});

test('texts that servers of 0.4 refuse are cut at a word, and within their bytes', async () => {
  const short = `${'wörter und '.repeat(14)}Ende`;
  await using work = await workspace(legacyPackage({ description: { short, long: 'ü'.repeat(4000) } }));
  const { made, changes } = await work.convert();
  const { description } = made?.report.manifest ?? {};
  assert.match(String(description?.short), /^wörter und .* (?:wörter|und)…$/);
  assert.ok(Buffer.byteLength(String(description?.short)) <= 120);
  assert.equal(description?.long, `${'ü'.repeat(998)}…`);
  assert.ok(changes.some(({ path, before }) => path === '/description/short' && before === JSON.stringify(short)));
});

test('without scripts and instructions there is what the compatibility layer and users look for', async () => {
  const empty = new Uint8Array(0);
  await using work = await workspace(
    legacyPackage({}, { scripts: empty, instructions: empty, assets: new Uint8Array(1024) }),
  );
  const { made } = await work.convert();
  assert.equal(made?.report.complete, true);
  const s9pk = await UpstreamReader.deserialize(new Blob([await readFile(work.output)]), null);
  const instructions = await s9pk.archive.contents.getPath(['instructions.md'])?.verifiedFileContents();
  assert.match(Buffer.from(instructions ?? new ArrayBuffer(0)).toString(), /came without instructions/);
  const image = join(work.path, 'js');
  const bytes = await s9pk.archive.contents.getPath(['javascript.squashfs'])?.verifiedFileContents();
  await writeFile(image, Buffer.from(bytes ?? new ArrayBuffer(0)));
  assert.match((await tool('unsquashfs', ['-lls', image])).toString(), / 0 .*\/embassy\.js/);
});

test('the icon gets a name under which devices find it', async () => {
  for (const [icon, name] of [
    ['art/Logo.SVG', 'icon.svg'],
    [undefined, 'icon.png'],
    ['logo.ico', 'icon.svg'],
  ] as const) {
    await using work = await workspace(legacyPackage({ assets: icon === undefined ? {} : { icon } }));
    const { made } = await work.convert();
    assert.ok(made?.report.archive.root?.children.has(name), `${icon} as ${name}`);
  }
});

test('what cannot be converted is told all at once, and whatever had the name stays', async () => {
  const tag = 'start9/older/other:1.2.3.1';
  const images = multiarchTar({ aarch64: savedImage('arm64', tag), x86_64: savedImage('amd64', tag) });
  await using work = await workspace(legacyPackage({ 'upstream-repo': 'https://xn--a/' }, { docker_images: images }));
  await writeFile(work.output, 'the former package');
  const { made, findings } = await work.convert();
  assert.equal(made, undefined);
  assert.deepEqual(codes(findings).sort(), ['image-tag', 'manifest-url', 'manifest-url']);
  assert.equal(await readFile(work.output, 'utf8'), 'the former package');
  assert.deepEqual(await work.names(), ['.startos', 'new.s9pk', 'old.s9pk']);
});

test('assets that no file system can hold are told, and nothing is made', async () => {
  for (const assets of [
    tarOf([{ name: 'files/../../x', content: 'x' }]),
    tarOf([{ name: 'files/a', content: 'x'.repeat(2000) }]).subarray(0, 1024),
  ]) {
    await using work = await workspace(legacyPackage({}, { assets }));
    const { made, findings } = await work.convert();
    assert.equal(made, undefined);
    assert.ok(findings.some(({ code, where }) => code === 'image-unreadable' && where.path === 'assets'));
    assert.deepEqual(await work.names(), ['.startos', 'old.s9pk']);
  }
});

test('an image for other machines than its archive says is not put in', async () => {
  const tag = 'start9/older/main:1.2.3.1';
  const images = multiarchTar({ aarch64: savedImage('amd64', tag), x86_64: savedImage('amd64', tag) });
  await using work = await workspace(legacyPackage({}, { docker_images: images }));
  const { made, findings } = await work.convert();
  assert.equal(made, undefined);
  assert.ok(findings.some(({ code, message }) => code === 'image-source-invalid' && /arm64.*amd64/.test(message)));
  assert.deepEqual(await work.names(), ['.startos', 'old.s9pk']);
});

test('a package whose signature does not hold is not signed with another key', async () => {
  const bytes = legacyPackage();
  bytes.set([1], bytes.length - 2);
  await using work = await workspace(bytes);
  const { made, findings } = await work.convert();
  assert.equal(made, undefined);
  assert.deepEqual(codes(findings), ['signature-invalid']);
  assert.deepEqual(await work.names(), ['.startos', 'old.s9pk']);
});

test('in place of the package, and said whose signature goes', async () => {
  await using work = await workspace();
  const { made, findings } = await work.convert({ output: undefined });
  assert.equal(made?.path, work.file);
  assert.ok(findings.some(({ code }) => code === 'signer-replaced'));
  assert.equal((await verify(work.file)).complete, true);
  const folder = join(work.path, 'out');
  await mkdir(folder);
  await writeFile(work.file, legacyPackage());
  assert.equal((await work.convert({ output: folder })).made?.path, join(folder, 'old.s9pk'));
});

test('cancelling in any stage leaves nothing, and the package as it was', async () => {
  const stages = new Set<string>();
  await using work = await workspace();
  const before = await readFile(work.file);
  await work.convert({ output: join(work.path, 'first.s9pk'), onProgress: ({ stage }) => stages.add(stage) });
  assert.ok(stages.size >= 6, [...stages].join());
  const names = await work.names();
  let cancelled = 0;
  for (const wanted of stages) {
    const controller = new AbortController();
    const onProgress = ({ stage }: { stage: string }) => stage === wanted && controller.abort(new Error('enough'));
    const outcome = await work.convert({ output: undefined, signal: controller.signal, onProgress }).then(
      () => 'made',
      (error: Error) => error.message,
    );
    // Stages that are over at once are not told of every time.
    if (!controller.signal.aborted) await writeFile(work.file, before);
    else cancelled++;
    assert.equal(outcome, controller.signal.aborted ? 'enough' : 'made', `in ${wanted}`);
    assert.ok(before.equals(await readFile(work.file)), wanted);
    assert.deepEqual(await work.names(), names, wanted);
  }
  assert.ok(cancelled >= 4, `${cancelled} of ${stages.size}`);
});

test('the key that signs is not packed', async () => {
  await using work = await workspace();
  const pem = await readFile(join(work.path, '.startos/build.key.pem'));
  await writeFile(work.file, legacyPackage({}, { assets: tarOf([{ name: 'files/key', content: pem }]), scripts: pem }));
  const { made, findings } = await work.convert();
  assert.equal(made, undefined);
  assert.deepEqual(
    findings
      .filter(({ code }) => code === 'key-in-package')
      .map(({ where }) => where.path)
      .sort(),
    ['assets/files/key', 'scripts'],
  );
});

test('without a key nothing is made', async () => {
  await using work = await workspace();
  const { findings } = await work.convert({ key: join(work.path, 'old.s9pk') });
  assert.deepEqual(codes(findings), ['key-invalid']);
  assert.deepEqual(await work.names(), ['.startos', 'old.s9pk']);
});

test('an image for one architecture that is given for all is one error for each that it lacks', async () => {
  await using work = await workspace(legacyPackage(SYSTEM_BACKUP));
  const path = join(work.path, 'compat.tar');
  await writeFile(path, savedImage('amd64', 'start9/compat:latest'));
  const { findings } = await work.convert({ images: [{ id: 'compat', path }] });
  assert.deepEqual(codes(findings), ['image-source-invalid']);
});

test('what is not in the new manifest is told in whole sentences, its path beside them', async () => {
  await using work = await workspace();
  const { findings } = await work.convert();
  const told = (path: string) => findings.find(({ where }) => where.path === path)?.message ?? '';
  assert.match(told('/health-checks'), /^its health checks are in embassyManifest\.json/);
  assert.match(told('/main'), /^how the service is started is in embassyManifest\.json/);
  assert.match(told('/support-site'), /^"https:.* is left out/);
});
