import type { Severity } from './finding.ts';

/**
 * What a finding says about an archive or a wrapper:
 * - `format`: not a version 2 s9pk at all
 * - `broken`: header, signature or a table of contents cannot be trusted; the reference refuses to open it
 * - `content`: a file's bytes do not match its signed hash
 * - `canonical`: the reference opens it, but no writer produces it
 * - `package`: intact, but files a package must hold are missing or superfluous
 * - `manifest`: the manifest's own text
 * - `signer`: who signed, and whether we know them
 * - `pack`: an input of packing
 */
export type FindingClass = 'format' | 'broken' | 'content' | 'canonical' | 'package' | 'manifest' | 'signer' | 'pack';

/** Every code there is. A code is never renamed or reused: editors, scripts and suppressions rely on it. */
export const FINDING_CODES = {
  'not-s9pk': ['format', 'error'],
  's9pk-v1': ['format', 'error'],
  'version-unknown': ['format', 'error'],
  'file-empty': ['format', 'error'],
  'header-truncated': ['format', 'error'],

  'signer-key-invalid': ['broken', 'error'],
  'signature-invalid': ['broken', 'error'],
  'commitment-mismatch': ['broken', 'error'],
  'root-maxsize': ['broken', 'error'],
  'table-oversize': ['broken', 'error'],
  'table-out-of-range': ['broken', 'error'],
  'table-malformed': ['broken', 'error'],
  'table-hash': ['broken', 'error'],
  'table-shared': ['broken', 'error'],
  'table-limit': ['broken', 'error'],

  'content-out-of-range': ['content', 'error'],
  'content-hash': ['content', 'error'],

  'name-unsafe': ['canonical', 'error'],
  'name-duplicate': ['canonical', 'warning'],
  'varint-overlong': ['canonical', 'warning'],
  'table-leftover': ['canonical', 'warning'],
  'range-overlap': ['canonical', 'warning'],
  'range-gap': ['canonical', 'warning'],
  'trailing-bytes': ['canonical', 'warning'],
  'entry-order': ['canonical', 'warning'],

  'file-missing': ['package', 'error'],
  'file-unexpected': ['package', 'warning'],
  'icon-missing': ['package', 'error'],
  'icon-several': ['package', 'error'],
  'icon-hidden': ['package', 'error'],
  'icon-large': ['package', 'warning'],
  'instructions-missing': ['package', 'warning'],
  'assets-missing': ['package', 'info'],
  'image-unreadable': ['package', 'error'],

  'manifest-json': ['manifest', 'error'],
  'manifest-duplicate-key': ['manifest', 'error'],
  'manifest-missing-key': ['manifest', 'error'],
  'manifest-unknown-key': ['manifest', 'warning'],
  'manifest-type': ['manifest', 'error'],
  'manifest-id': ['manifest', 'error'],
  'manifest-version': ['manifest', 'error'],
  'manifest-version-portability': ['manifest', 'warning'],
  'manifest-range': ['manifest', 'error'],
  'manifest-range-portability': ['manifest', 'warning'],
  'manifest-url': ['manifest', 'error'],
  'manifest-package-repo': ['manifest', 'warning'],
  'manifest-plugin': ['manifest', 'error'],
  'manifest-image-source': ['manifest', 'error'],
  'manifest-arch': ['manifest', 'warning'],
  'manifest-emulate': ['manifest', 'error'],
  'manifest-description-length': ['manifest', 'warning'],
  'manifest-ram': ['manifest', 'warning'],
  'manifest-regex': ['manifest', 'error'],
  'manifest-device-class': ['manifest', 'warning'],
  'manifest-locale': ['manifest', 'warning'],
  'manifest-dependency': ['manifest', 'warning'],

  'signer-unknown': ['signer', 'info'],
  'signer-known': ['signer', 'info'],

  'wrapper-missing': ['pack', 'error'],
  'bundle-missing': ['pack', 'error'],
  'bundle-build': ['pack', 'error'],
  'bundle-stale': ['pack', 'warning'],
  'bundle-run': ['pack', 'error'],
  'bundle-manifest': ['pack', 'error'],
  'input-missing': ['pack', 'error'],
  'input-several': ['pack', 'error'],
  'input-unsuitable': ['pack', 'error'],
  'icon-renamed': ['pack', 'warning'],
  'key-missing': ['pack', 'error'],
  'key-invalid': ['pack', 'error'],
  'key-permissions': ['pack', 'warning'],
  'git-unavailable': ['pack', 'info'],
  'git-modified': ['pack', 'info'],
  'arch-unsupported': ['pack', 'error'],
  'image-source-missing': ['pack', 'error'],
  'image-source-invalid': ['pack', 'error'],
  'image-env': ['pack', 'warning'],
  'image-compressor': ['pack', 'warning'],
  'image-unused': ['pack', 'warning'],
  'dependency-metadata': ['pack', 'warning'],
  'dependency-icon': ['pack', 'error'],
  'dependency-s9pk': ['pack', 'error'],
  'output-write': ['pack', 'error'],
} as const satisfies Record<string, readonly [FindingClass, Severity]>;

/** A stable identifier of one kind of problem. */
export type FindingCode = keyof typeof FINDING_CODES;
