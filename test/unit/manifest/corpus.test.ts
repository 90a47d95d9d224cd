import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../../extension/engine/finding.ts';
import { lintManifest, readManifest } from '../../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../../extension/manifest/meaning/modules.ts';
import { parseSdk } from '../../../extension/manifest/rules-04/sdk.ts';
import { needsShared, sharedPath } from '../../support/shared.ts';

async function lint(file: string, text: string, sdk?: string): Promise<Finding[]> {
  const modules = await Modules.load(file, async (path) => (path === file ? text : undefined));
  assert.ok(modules);
  const reading = readManifest(modules, sdk === undefined ? {} : { sdk: parseSdk(sdk) });
  assert.ok(reading, 'it is not taken for a manifest');
  return lintManifest(reading);
}

/** Warnings about published manifests, and why each is right although StartOS accepts the package. */
const EXPLAINED_03: Readonly<Record<string, string>> = {
  'manifest-unknown-key /environment': 'no tool of 0.3 reads it',
  'manifest-unknown-key /min-os-version': 'documentation names it, the code reads eos-version',
  'manifest-unknown-key /alerts/install-alert': 'documentation names it, the code reads install',
  'manifest-unknown-key /alerts/uninstall-alert': 'documentation names it, the code reads uninstall',
  'manifest-unknown-key /alerts/restore-alert': 'documentation names it, the code reads restore',
  'manifest-unknown-key /alerts/start-alert': 'documentation names it, the code reads start',
  'manifest-ignored /dependencies/bitcoind/requirement/how': 'only opt-in and opt-out have it',
  'manifest-dependency-unknown /volumes/lnd/package-id': 'the pointer leads to a package that nothing requires',
};

test('no published 0.3 manifest gets an error, and every warning is explained', needsShared, async () => {
  const folder = sharedPath('corpus', 'manifests-v1');
  const files = readdirSync(folder).filter((name) => /\.(ya?ml|toml|json)$/.test(name));
  assert.ok(files.length >= 31);
  for (const name of files) {
    const findings = await lint(join(folder, name), readFileSync(join(folder, name), 'utf8'));
    const unexplained = findings.filter(
      ({ code, severity, where }) => severity !== 'info' && !EXPLAINED_03[`${code} ${where.path}`],
    );
    assert.deepEqual(unexplained, [], name);
  }
});

/** Findings about published 0.4 manifests that are right for the SDK they were made with. */
const EXPLAINED_04: Readonly<Record<string, string>> = {
  'manifest-description-length': "longer than the SDK's own documentation says is shown",
  'manifest-license': 'no SPDX identifier: gpl, custom, Sustainable Use License',
  'manifest-unknown-key /docsUrls': 'SDK 2.0.9 drops it',
};

interface Evaluated {
  readonly sdk: string;
  readonly manifest: unknown;
}

/** Writes what was evaluated from a published manifest as a TypeScript manifest again; what was not stays unknown. */
function toTypeScript(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(toTypeScript).join(', ')}]`;
  if ('$expr' in value || '$cond' in value) return 'computed()';
  const entries = Object.entries(value).map(([key, item]) =>
    key.startsWith('$') ? '...computed()' : `${JSON.stringify(key)}: ${toTypeScript(item)}`,
  );
  return `{ ${entries.join(', ')} }`;
}

test('no published 0.4 manifest gets an error for its own SDK', needsShared, async () => {
  const folder = sharedPath('corpus', 'manifests-v2');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  assert.ok(files.length >= 23);
  for (const name of files) {
    const { sdk, manifest } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Evaluated;
    const text = `export const manifest = setupManifest(${toTypeScript(manifest)})\n`;
    const findings = await lint('/w/startos/manifest/index.ts', text, sdk);
    const unexplained = findings.filter(
      ({ code, severity, where }) =>
        severity !== 'info' && !EXPLAINED_04[code] && !EXPLAINED_04[`${code} ${where.path}`],
    );
    assert.deepEqual(unexplained, [], name);
  }
});
