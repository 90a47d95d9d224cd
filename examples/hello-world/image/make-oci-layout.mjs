// Makes the image of Hello World as an OCI layout for three architectures, with nothing but Node: a layer with the
// files of rootfs/ and the server, a configuration and a manifest for each. The same bytes on every machine.
// usage: node make-oci-layout.mjs FOLDER
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2];
if (!target) throw new Error('usage: node make-oci-layout.mjs FOLDER');
const platforms = { x86_64: 'amd64', aarch64: 'arm64', riscv64: 'riscv64' };

rmSync(target, { recursive: true, force: true });
mkdirSync(join(target, 'blobs', 'sha256'), { recursive: true });

const manifests = Object.entries(platforms).map(([arch, architecture]) => {
  const layer = tar([
    ...files(join(here, 'rootfs')),
    { name: 'server', mode: 0o755, content: readFileSync(join(here, 'server', 'bin', arch)) },
  ]);
  const config = {
    architecture,
    os: 'linux',
    config: { Env: ['PORT=8080'], Entrypoint: ['/server'], WorkingDir: '/' },
    rootfs: { type: 'layers', diff_ids: [digest(layer)] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: blob(json(config), 'application/vnd.oci.image.config.v1+json'),
    layers: [blob(layer, 'application/vnd.oci.image.layer.v1.tar')],
  };
  return { ...blob(json(manifest), manifest.mediaType), platform: { architecture, os: 'linux' } };
});
const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests };
writeFileSync(join(target, 'index.json'), json(index));
writeFileSync(join(target, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));

function json(value) {
  return Buffer.from(JSON.stringify(value));
}

function digest(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function blob(bytes, mediaType) {
  writeFileSync(join(target, 'blobs', ...digest(bytes).split(':')), bytes);
  return { mediaType, digest: digest(bytes), size: bytes.length };
}

/** The folders and files below a folder, as tar entries. */
function files(folder, prefix = '') {
  const names = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return names.flatMap((entry) => {
    const name = prefix + entry.name;
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return [{ name, mode: 0o644, content: readFileSync(path) }];
    return [{ name: `${name}/`, mode: 0o755 }, ...files(path, `${name}/`)];
  });
}

function tar(entries) {
  const blocks = entries.flatMap(({ name, mode, content = Buffer.alloc(0) }) => {
    const header = Buffer.alloc(512);
    const octal = (value, length) => `${value.toString(8).padStart(length - 1, '0')}\0`;
    header.write(name, 0);
    header.write(octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(content.length, 12) + octal(0, 12), 100);
    header.write(`        ${name.endsWith('/') ? 5 : 0}`, 148);
    header.write('ustar\u000000', 257);
    header.write(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        7,
      )} `,
      148,
    );
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
