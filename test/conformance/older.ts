import { concatBytes } from '../../extension/engine/bytes.ts';
import { TABLE_POSITION } from '../../extension/engine/sections/header.ts';
import { cborManifest, olderPackage, version1Package } from '../support/version-1.ts';
import { savedImage } from '../support/wrapper-03.ts';
import type { ConformanceCase } from './case.ts';
import { verifying } from './packages.ts';

const text = (content: string) => new TextEncoder().encode(content);
const flipped = (bytes: Uint8Array, position: number) => bytes.with(position, (bytes[position] ?? 0) ^ 1);

/** Packages for StartOS 0.3: sections under one signature. */
export function olderCases(): ConformanceCase[] {
  const good = olderPackage();
  const fine = { opens: true, intact: true, canonical: true, complete: true };
  const incomplete = { ...fine, complete: false };
  const closed = { opens: false, intact: false, canonical: false, complete: false };
  const withManifest = (manifest: Uint8Array) =>
    version1Package({
      manifest,
      license: text('MIT\n'),
      instructions: text('#\n'),
      icon: text('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'),
      docker_images: savedImage('amd64', 'start9/older/main:1.2.3.1'),
      assets: new Uint8Array(1024),
    });
  return [
    verifying('older-complete', 'a complete package for StartOS 0.3', { ...fine, codes: [] }, good),
    verifying(
      'older-trailing_fail',
      'bytes behind the last section',
      { ...closed, codes: ['section-place', 'signature-invalid'] },
      concatBytes(good, Uint8Array.of(0)),
    ),
    verifying(
      'older-signature_fail',
      'one bit of the signature',
      { ...closed, codes: ['signature-invalid'] },
      flipped(good, 40),
    ),
    verifying(
      'older-content_fail',
      'one bit of the last section',
      { ...closed, codes: ['signature-invalid'] },
      flipped(good, good.length - 1),
    ),
    verifying(
      'older-table_fail',
      'one bit of a label in the table',
      { ...closed, codes: ['section-missing', 'section-unexpected'] },
      flipped(good, TABLE_POSITION + 3),
    ),
    verifying(
      'older-cut_fail',
      'the last byte is missing',
      { ...closed, codes: ['scripts-absent', 'section-place', 'signature-invalid'] },
      good.subarray(0, -1),
    ),
    verifying(
      'older-cut-in-table_fail',
      'the file ends in the table',
      { ...closed, codes: ['header-truncated'] },
      good.subarray(0, 120),
    ),
    verifying(
      'older-no-map_fail',
      'a manifest that is no map',
      { ...incomplete, codes: ['manifest-cbor'] },
      withManifest(cborManifest([1])),
    ),
    verifying(
      'older-no-cbor_fail',
      'a manifest that is no CBOR',
      { ...incomplete, codes: ['manifest-cbor'] },
      withManifest(text('{}')),
    ),
  ];
}
