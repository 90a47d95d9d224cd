import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MemorySink } from '../../../extension/engine/io/byte-sink.ts';
import { MemorySource } from '../../../extension/engine/io/byte-source.ts';
import type { FsNode } from '../../../extension/engine/squashfs/node.ts';
import { writeSquashfs } from '../../../extension/engine/squashfs/write/writer.ts';
import { archiveBytes, blake3 } from '../../support/archives.ts';
import { YAML_03 } from '../../support/manifests.ts';
import { goodManifest, validPackage } from '../../support/packages.ts';
import { temporaryFolder, tool } from '../../support/tools.ts';
import { writeRootTar } from '../../vscode/workspace.ts';

const CLI = join(process.cwd(), 'dist', 'cli.cjs');
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let good: string;
let bad: string;

before(async () => {
  if (!existsSync(CLI)) throw new Error('dist/cli.cjs is not built; run: npm run build');
  temporary = await temporaryFolder();
  good = join(temporary.path, 'good.s9pk');
  bad = join(temporary.path, 'bad.s9pk');
  const bytes = await archiveBytes(validPackage());
  await writeFile(good, bytes);
  await writeFile(bad, bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1));
});
after(() => temporary[Symbol.asyncDispose]());

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function s9pk(args: readonly string[], killAfter?: { signal: NodeJS.Signals; ms: number }): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: temporary.path,
      env: { ...process.env, NO_COLOR: '1', S9PK_CACHE: join(temporary.path, 'cache') },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    if (killAfter) setTimeout(() => child.kill(killAfter.signal), killAfter.ms);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Answer {
  readonly ok: boolean;
  readonly findings: readonly { code: string; severity: string; message: string; where: Record<string, unknown> }[];
  readonly [key: string]: unknown;
}

async function json(...args: string[]): Promise<Answer & { exit: number | null }> {
  const { code, stdout } = await s9pk([...args, '--json']);
  assert.equal(stdout.trim().split('\n').length, 1, 'exactly one line');
  return { ...(JSON.parse(stdout) as Answer), exit: code };
}

test('verify: 0 for a good package, 1 for a damaged one, both reported', async () => {
  const fine = await json('verify', good);
  assert.equal(fine.exit, 0);
  assert.equal(fine.ok, true);
  const both = await json('verify', good, bad);
  assert.equal(both.exit, 1);
  assert.equal(both.ok, false);
  const [found] = both.findings.filter((item) => item.severity === 'error');
  assert.equal(found?.code, 'content-hash');
  assert.equal(found?.where['file'], bad);
  assert.equal(typeof found?.where['path'], 'string');
});

test('lint: every finding of a wrapper, placed, in every format', async () => {
  const folder = join(temporary.path, 'older');
  await mkdir(folder);
  await writeFile(join(folder, 'manifest.yaml'), YAML_03.replace('ui: true', 'ui: yes'));
  const all = await json('lint', folder);
  assert.equal(all.exit, 1);
  assert.equal(all['generation'], '0.3');
  const codes = all.findings.map(({ code }) => code);
  assert.ok(codes.includes('manifest-type') && codes.includes('input-missing'), codes.join());
  const own = await json('lint', folder, '--manifest-only');
  assert.deepEqual(
    own.findings.map(({ code, severity, where }) => [code, severity, where]),
    [
      [
        'manifest-type',
        'error',
        {
          path: '/interfaces/main/ui',
          file: join(folder, 'manifest.yaml'),
          line: 69,
          column: 9,
          endLine: 69,
          endColumn: 12,
        },
      ],
    ],
  );
  const github = await s9pk(['lint', folder, '--manifest-only', '--format', 'github']);
  assert.match(github.stdout, /^::error file=older\/manifest\.yaml,line=69,col=9,/);
  const sarif = JSON.parse((await s9pk(['lint', folder, '--format', 'sarif'])).stdout);
  assert.match(sarif.runs[0].tool.driver.rules[0].helpUri, /docs\/findings\/[a-z-]+\.md$/);
  // Windows has no such names.
  const odd = process.platform === 'win32' ? 'a #%20ü' : 'a:b #?%20ü';
  await mkdir(join(temporary.path, odd));
  await writeFile(join(temporary.path, odd, 'manifest.yaml'), YAML_03.replace('ui: true', 'ui: yes'));
  const oddly = JSON.parse((await s9pk(['lint', odd, '--manifest-only', '--format', 'sarif'])).stdout);
  const { uri } = oddly.runs[0].results[0].locations[0].physicalLocation.artifactLocation;
  const { protocol, pathname, search, hash } = new URL(uri, 'file:///base/');
  assert.deepEqual(
    [protocol, decodeURIComponent(pathname), search, hash],
    ['file:', `/base/${odd}/manifest.yaml`, '', ''],
  );
  await writeFile(join(folder, 'manifest.yaml'), YAML_03);
  assert.equal((await json('lint', folder, '--manifest-only')).exit, 0);
});

test('ls, tree, du and extract look into packages', async () => {
  const listed = await json('ls', good);
  assert.equal(listed.exit, 0);
  assert.ok((listed['entries'] as { name: string }[]).some(({ name }) => name === 'manifest.json'));
  const tree = await s9pk(['tree', good, 'images']);
  assert.match(tree.stdout, /^x86_64\/\n {2}main\.env/);
  const sizes = await json('du', good);
  assert.ok((sizes['total'] as number) > 0);
  const target = join(temporary.path, 'extracted');
  const extracted = await json('extract', good, 'images', '-o', target);
  assert.deepEqual([extracted.exit, extracted['files']], [0, 3]);
  assert.deepEqual(await readdir(join(target, 'x86_64')), ['main.env', 'main.json', 'main.squashfs']);
  assert.equal((await s9pk(['extract', good, '-o', target])).code, 2, 'a folder with something in it is left alone');
  assert.equal((await s9pk(['ls', good, 'images/x86_64/main.squashfs'])).code, 1, 'it is no image');
  assert.equal((await json('diff', good, good))['same'], true);
  assert.equal((await s9pk(['diff', good])).code, 2);
  assert.equal((await s9pk(['extract', bad, '-o', join(temporary.path, 'nothing')])).code, 1);
  assert.ok(!existsSync(join(temporary.path, 'nothing')));
});

test('misuse and unreadable input end with 2', async () => {
  for (const args of [
    ['verify'],
    ['verify', 'nowhere.s9pk'],
    ['nonsense'],
    ['pack', '--nonsense'],
    ['inspect', 'x', good],
    ['verify', good, '--format', 'x'],
    [],
    ['cat', good, 'nothing'],
    ['inspect', 'toString', good],
    ['inspect', 'signer', good, good],
    ['pack', '.', 'surplus'],
    ['pack', 'nowhere'],
    ['lint', 'nowhere'],
    ['ls', good, 'nothing'],
    ['extract', good],
    ['lint', '.', 'surplus'],
    ['key', 'show', '--key', 'nowhere.pem'],
  ]) {
    const { code, stderr, stdout } = await s9pk(args);
    assert.equal(code, 2, args.join(' '));
    assert.ok(stderr.startsWith('s9pk: ') || stdout.includes('Verbs:'), stderr);
    assert.ok(!stderr.includes('    at '), 'no stack trace');
  }
  assert.equal((await json('verify', 'nowhere.s9pk')).ok, false);
});

test('a file that is not a package is a finding, not misuse', async () => {
  await writeFile(join(temporary.path, 'zip.s9pk'), 'PK\u0003\u0004');
  const { exit, findings } = await json('verify', 'zip.s9pk');
  assert.equal(exit, 1);
  assert.equal(findings[0]?.code, 'not-s9pk');
});

test('inspect shows manifest, tree, commitment and signer', async () => {
  assert.deepEqual(((await json('inspect', 'manifest', good))['manifest'] as { id: string }).id, 'test');
  const { stdout } = await s9pk(['inspect', 'commitment', good]);
  const commitment = JSON.parse(stdout) as { rootSighash: string; rootMaxsize: number };
  assert.deepEqual(Object.keys(commitment), ['rootSighash', 'rootMaxsize']);
  assert.match(commitment.rootSighash, /^[A-Za-z0-9+/]{43}$/);
  const { stdout: tree } = await s9pk(['inspect', 'tree', good]);
  assert.match(tree, /^images\/x86_64\/main\.squashfs {2}5 bytes$/m);
  const { stdout: signer } = await s9pk(['inspect', 'signer', good]);
  assert.match(signer, /^8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c\n/);
});

test('cat writes verified bytes, and none of a damaged file', async () => {
  assert.equal((await s9pk(['cat', good, 'LICENSE.md'])).stdout, 'MIT\n');
  assert.equal((await s9pk(['cat', good, 'images/x86_64/main.squashfs'])).stdout, 'image');
  const damaged = await s9pk(['cat', bad, 'images/x86_64/main.squashfs']);
  assert.equal(damaged.code, 1);
  assert.ok(!damaged.stdout.includes('imag') || damaged.stdout.includes('[content-hash]'));
});

test('findings come as SARIF and as GitHub annotations', async () => {
  const sarif = JSON.parse((await s9pk(['verify', bad, '--format', 'sarif'])).stdout);
  assert.equal(sarif.version, '2.1.0');
  assert.ok(
    sarif.runs[0].results.some(
      (result: { ruleId: string; level: string }) => result.ruleId === 'content-hash' && result.level === 'error',
    ),
  );
  const github = (await s9pk(['verify', bad, '--format', 'github'])).stdout;
  assert.match(github, /^::error file=bad\.s9pk,title=content-hash at [^:]+::/m);
});

test('--json may stand anywhere, and is one object whatever is asked for', async () => {
  for (const args of [
    ['--json', 'verify', good],
    ['verify', '--json', good],
    ['--version', '--json'],
    ['pack', '--help', '--json'],
    ['cat', good, 'LICENSE.md', '--json'],
  ]) {
    const { stdout, code } = await s9pk(args);
    assert.equal(code, 0, args.join(' '));
    assert.equal(JSON.parse(stdout).ok, true, args.join(' '));
  }
  const { stdout } = await s9pk(['cat', good, 'LICENSE.md', '--json']);
  assert.equal(Buffer.from(JSON.parse(stdout).content, 'base64').toString(), 'MIT\n');
});

test('an unreadable file does not hide what was found in the others', async () => {
  const { exit, findings, ok, error } = await json('verify', bad, 'nowhere.s9pk');
  assert.equal(exit, 2);
  assert.equal(ok, false);
  assert.match(String(error), /nowhere\.s9pk is not there/);
  assert.ok(findings.some((found) => found.code === 'content-hash'));
});

test('a closed pipe ends it quietly', async () => {
  const { stderr, code } = await new Promise<{ stderr: string; code: number | null }>((resolve) => {
    const child = spawn('sh', [
      '-c',
      `"${process.execPath}" "${CLI}" inspect manifest "${good}" | true; echo done >&2`,
    ]);
    let text = '';
    child.stderr.on('data', (chunk) => {
      text += chunk;
    });
    child.once('close', (status) => resolve({ stderr: text, code: status }));
  });
  assert.equal(stderr, 'done\n');
  assert.equal(code, 0);
});

test('cat goes on inside images', async () => {
  const sink = new MemorySink();
  const attributes = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
  const passwd = { kind: 'file' as const, ...attributes, content: new MemorySource(Buffer.from('root:x:0:0\n')) };
  const etc = { kind: 'directory' as const, ...attributes, children: new Map([['passwd', passwd]]) };
  const link = { kind: 'symlink' as const, ...attributes, target: '/etc/passwd' };
  const root = {
    kind: 'directory' as const,
    ...attributes,
    children: new Map<string, FsNode>([
      ['etc', etc],
      ['link', link],
    ]),
  };
  await writeSquashfs(root, sink, { blake3, label: 'test' });
  const file = join(temporary.path, 'image.s9pk');
  await writeFile(file, await archiveBytes(validPackage({ 'javascript.squashfs': sink.bytes() })));
  for (const path of ['etc/passwd', 'link']) {
    assert.equal((await s9pk(['cat', file, `javascript.squashfs/${path}`])).stdout, 'root:x:0:0\n');
  }
  assert.equal((await s9pk(['cat', file, 'javascript.squashfs/etc'])).code, 2);
  assert.equal((await s9pk(['cat', file, 'javascript.squashfs/nothing'])).code, 2);
  assert.equal((await json('cat', file, 'assets.squashfs/x')).findings[0]?.code, 'image-unreadable');
});

test('image squashfs makes an image from a tar and from a folder', async () => {
  await writeRootTar(join(temporary.path, 'root.tar'), 8 << 20);
  const made = await json('image', 'squashfs', 'root.tar', '-o', 'a.squashfs');
  assert.equal(made.exit, 0);
  assert.ok(
    (await tool('rdsquashfs', ['-d', join(temporary.path, 'a.squashfs')])).toString().includes('file file-0 0644 0 0'),
  );
  const zstd = await json(
    'image',
    'squashfs',
    join(process.cwd(), 'examples'),
    '-o',
    'b.squashfs',
    '--compressor',
    'zstd',
    '--level',
    '3',
    '--block-size',
    '65536',
  );
  assert.deepEqual(zstd.findings, []);
  assert.match(
    (await tool('unsquashfs', ['-s', join(temporary.path, 'b.squashfs')])).toString(),
    /Compression zstd[\s\S]*Block size 65536/,
  );
  for (const more of [
    ['--compressor', 'lzma'],
    ['--compressor', 'xz', '--level', '6'],
    ['--level', '99'],
    ['--block-size', '5000'],
    ['--level', 'x'],
  ]) {
    assert.equal((await s9pk(['image', 'squashfs', 'root.tar', '-o', 'c.squashfs', ...more])).code, 2, more.join(' '));
  }
  assert.deepEqual(
    (await readdir(temporary.path)).filter((name) => name.startsWith('c.') || name.includes('.tmp-')),
    [],
  );
});

test('the problem matcher of the editor reads what is printed', async () => {
  const folder = join(temporary.path, 'matched');
  await mkdir(folder);
  await writeFile(join(folder, 'manifest.yaml'), YAML_03.replace(/^id: .*$/m, 'id: Wrong Id'));
  const { stdout } = await s9pk(['lint', '--manifest-only', folder]);
  const { contributes } = JSON.parse(await readFile('package.json', 'utf8'));
  const [{ pattern }] = contributes.problemMatchers;
  const found = stdout.split('\n').flatMap((line) => new RegExp(pattern.regexp).exec(line)?.slice(1, 7) ?? []);
  assert.deepEqual(found.slice(0, 4), ['error', join('matched', 'manifest.yaml'), '1', '5'], stdout);
  assert.ok(found[4] && found[5] === 'manifest-id', stdout);
});

test('help is there for everything, and exits with 0', async () => {
  for (const args of [['--help'], ['help', 'pack'], ['pack', '--help'], ['verify', '-h'], ['--version']]) {
    const { code, stdout } = await s9pk(args);
    assert.equal(code, 0, args.join(' '));
    assert.ok(stdout.length > 3);
    assert.ok(Math.max(...stdout.split('\n').map((line) => line.length)) < 160);
  }
});

test('key create, key show, and pack a plain manifest with them', async () => {
  const folder = join(temporary.path, 'wrapper');
  await mkdir(join(folder, 'javascript'), { recursive: true });
  await writeFile(join(folder, 'javascript', 'index.js'), 'exports.x = 1');
  await writeFile(join(folder, 'LICENSE'), 'MIT');
  await writeFile(join(folder, 'icon.PNG'), 'png');
  await writeFile(join(folder, 'instructions.md'), '#');
  const source = { dockerBuild: {} };
  const images = { main: { source, arch: ['x86_64'], emulateMissingAs: 'x86_64' } };
  await writeFile(join(folder, 'manifest.yaml'), JSON.stringify({ ...goodManifest, images, titel: 'x' }, null, 2));
  await writeRootTar(join(folder, 'root.tar'), 8 << 20);

  assert.equal((await json('key', 'show', folder)).findings[0]?.code, 'key-missing');
  const created = await json('key', 'create', folder);
  assert.equal(created.exit, 0);
  assert.ok(!JSON.stringify(created).includes('PRIVATE'));
  assert.equal((await json('key', 'create', folder)).exit, 1);
  assert.equal((await json('key', 'show', folder))['publicKey'], created['publicKey']);

  const packed = await json('pack', folder, '--image', `main:x86_64=${join(folder, 'root.tar')}`);
  assert.equal(packed.exit, 0, JSON.stringify(packed));
  assert.equal(packed['output'], join(folder, 'test.s9pk'));
  const ofCode = (code: string) => packed.findings.find((item) => item.code === code);
  const [unknown, renamed] = [ofCode('manifest-unknown-key'), ofCode('icon-renamed')];
  assert.deepEqual(packed.findings.flatMap(({ code, severity }) => (severity === 'warning' ? [code] : [])).sort(), [
    'icon-renamed',
    'image-passwd',
    'manifest-unknown-key',
  ]);
  assert.equal(unknown?.code, 'manifest-unknown-key');
  assert.deepEqual([unknown?.where['file'], unknown?.where['path']], [join(folder, 'manifest.yaml'), '/titel']);
  assert.equal(typeof unknown?.where['line'], 'number');
  assert.equal(renamed?.code, 'icon-renamed');
  assert.equal((await json('verify', join(folder, 'test.s9pk'))).exit, 0);

  const before = (await readdir(folder)).sort();
  const cancelled = await s9pk(['pack', folder, '--image', `main=${join(folder, 'root.tar')}`], {
    signal: 'SIGINT',
    ms: 400,
  });
  // On a busy machine the signal comes before there is anything to cancel, or after everything.
  assert.ok([130, 0, null].includes(cancelled.code), String(cancelled.code));
  assert.deepEqual((await readdir(folder)).sort(), before);
});

test('migrate says what it makes first, makes it in another folder, and is in nobody’s way', async () => {
  const folder = join(temporary.path, 'to-migrate');
  await mkdir(folder);
  await writeFile(join(folder, 'manifest.yaml'), YAML_03);
  const into = join(temporary.path, 'newer');
  const planned = await json('migrate', folder, '--into', into, '--dry-run');
  assert.deepEqual([planned.exit, planned.ok, planned['isWritten'], existsSync(into)], [0, true, false, false]);
  assert.ok(planned.findings.every(({ code, severity }) => code.startsWith('migrate-') && severity === 'warning'));
  const { code, stdout, stderr } = await s9pk(['migrate', folder, '--into', into]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Hello World 1\.0\.0 for StartOS 0\.3 becomes 1\.0\.0:1 for 0\.4/);
  assert.match(stdout.replaceAll('\\', '/'), /startos\/versions\/current\.ts:\d+: .*\[migrate-version\]/);
  assert.deepEqual(await readdir(folder), ['manifest.yaml']);
  await writeFile(join(into, 'startos', 'main.ts'), 'mine\n');
  const refused = await s9pk(['migrate', folder, '--into', into]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /other files of these names: startos\/main\.ts; --overwrite replaces them/);
  assert.equal((await json('migrate', into)).exit, 2, 'it holds no manifest for 0.3');
});
