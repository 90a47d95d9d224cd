import { blobPath, sha256 } from '../../extension/engine/image/layout.ts';
import { tarOf } from './tars.ts';

/** An OCI layout in a tar, with these layers, for x86_64. */
export function layoutTar(
  layers: readonly Uint8Array[],
  { architecture = 'amd64', os = 'linux' }: { architecture?: string; os?: string } = {},
): Uint8Array {
  const files: { name: string; content: string | Uint8Array }[] = [];
  const blob = (content: string | Uint8Array, mediaType: string) => {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const digest = sha256(bytes);
    files.push({ name: blobPath(digest), content: bytes });
    return { mediaType, digest, size: bytes.length };
  };
  const blobs = layers.map((layer) => blob(layer, 'application/vnd.oci.image.layer.v1.tar'));
  const config = { architecture, os, rootfs: { type: 'layers', diff_ids: layers.map(sha256) } };
  const manifest = {
    schemaVersion: 2,
    config: blob(JSON.stringify(config), 'application/vnd.oci.image.config.v1+json'),
    layers: blobs,
  };
  const manifests = [blob(JSON.stringify(manifest), 'application/vnd.oci.image.manifest.v1+json')];
  files.push({ name: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) });
  files.push({ name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' });
  return tarOf(files);
}
