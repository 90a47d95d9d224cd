import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../extension/engine/finding.ts';
import { FINDING_CODES, type FindingCode } from '../../../extension/engine/finding-codes.ts';
import { applyEdits } from '../../../extension/manifest/edits/edit.ts';
import { fixesFor } from '../../../extension/manifest/fixes.ts';
import { lintManifest } from '../../../extension/manifest/lint-manifest.ts';
import { BASES, FILES, type Kind, readText } from '../../support/manifests.ts';

/**
 * Every rule has a mistake here, put into a manifest that is fine: it is reported once, with its code, at exactly the
 * marked text, and its fix mends it.
 */
export interface Mistake {
  readonly code: FindingCode;
  readonly in: Kind;
  /** What is replaced, and by what; « and » mark where the finding belongs. */
  readonly replace: string;
  readonly by: string;
  /** Title of the fix that mends it. */
  readonly fix?: string;
  /** What the text says after the fix, somewhere. */
  readonly gives?: string;
  /** Codes of further findings that the mistake brings along. */
  readonly also?: readonly FindingCode[];
  readonly sdk?: string;
}

export const MISTAKES: readonly Mistake[] = [
  // 0.3, by its schema
  {
    code: 'manifest-unknown-key',
    in: 'yaml',
    replace: 'release-notes:',
    by: 'release-notes: x\n«realease-notes»:',
    fix: 'Remove "realease-notes"',
  },
  {
    code: 'manifest-unknown-key',
    in: 'yaml',
    replace: 'support-site:',
    by: '«suport-site»:',
    fix: 'Rename to "support-site"',
    gives: 'support-site: https',
  },
  {
    code: 'manifest-key-misspelt',
    in: 'yaml',
    replace: '\ntitle:',
    by: '\n«titel»:',
    fix: 'Rename to "title"',
    gives: '\ntitle:',
  },
  {
    code: 'manifest-key-misspelt',
    in: 'json',
    replace: '"title":',
    by: '«"titel"»:',
    fix: 'Rename to "title"',
    gives: '"title":',
  },
  {
    code: 'manifest-key-misspelt',
    in: 'ts',
    replace: '\n  title:',
    by: '\n  «titel»:',
    fix: 'Rename to "title"',
    gives: '\n  title:',
  },
  {
    code: 'manifest-url-scheme',
    in: 'yaml',
    replace: 'https://example.org/support',
    by: '«htps://example.org/support»',
    fix: 'Change to "https://example.org/support"',
  },
  {
    code: 'manifest-url-scheme',
    in: 'ts',
    replace: "'https://example.org/upstream'",
    by: "«'httpss://example.org/upstream'»",
    fix: 'Change to "https://example.org/upstream"',
  },
  {
    code: 'manifest-unknown-key',
    in: 'yaml',
    replace: 'assets:',
    by: '«min-os-version»: 0.3.5\nassets:',
    fix: 'Rename to "eos-version"',
    gives: '\neos-version: 0.3.5',
  },
  {
    code: 'manifest-unknown-key',
    in: 'yaml',
    replace: '    success-message: Ready',
    by: '    «critical»: true\n    success-message: Ready',
    fix: 'Remove "critical"',
  },
  {
    code: 'manifest-missing-key',
    in: 'yaml',
    replace: 'title: Hello World\n',
    by: '',
    fix: 'Add "title"',
    gives: 'title: Hello World',
  },
  { code: 'manifest-missing-key', in: 'yaml', replace: '    ui: true\n', by: '', fix: 'Add "ui"' },
  { code: 'manifest-missing-key', in: 'yaml', replace: '        internal: 80\n', by: '', fix: 'Add "internal"' },
  {
    code: 'manifest-missing-key',
    in: 'yaml',
    replace: '        pattern-description: letters\n',
    by: '',
    fix: 'Add "pattern-description"',
  },
  { code: 'manifest-type', in: 'yaml', replace: 'ui: true', by: 'ui: «yes»', fix: 'Change to true', gives: 'ui: true' },
  {
    code: 'manifest-type',
    in: 'yaml',
    replace: '80: "80"',
    by: '80: «80»',
    fix: 'Put it in quotes',
    gives: '80: "80"',
  },
  {
    code: 'manifest-type',
    in: 'yaml',
    replace: 'internal: 80',
    by: 'internal: «"80"»',
    fix: 'Write it without quotes',
    gives: 'internal: 80',
  },
  { code: 'manifest-type', in: 'yaml', replace: 'args: [from]', by: 'args: «from»' },
  {
    code: 'manifest-type',
    in: 'yaml',
    replace: '  restore:\n    type: docker',
    by: '  restore:\n    type: «dokcer»',
    fix: 'Change to "docker"',
  },
  { code: 'manifest-type', in: 'yaml', replace: '[running, stopped]', by: '[«runing»]', fix: 'Change to "running"' },
  { code: 'manifest-type', in: 'yaml', replace: 'io-format: yaml', by: 'io-format: «yml»', fix: 'Change to "yaml"' },
  { code: 'manifest-type', in: 'yaml', replace: 'ram: 2147483648', by: 'ram: «-1»' },
  {
    code: 'manifest-version',
    in: 'yaml',
    replace: 'version: 1.0.0',
    by: 'version: «0.8»',
    fix: 'Put the version in quotes',
    gives: 'version: "0.8"',
  },
  {
    code: 'manifest-id',
    in: 'yaml',
    replace: 'id: hello-world',
    by: 'id: «Hello_World2»',
    fix: 'Change to "hello-world"',
  },
  { code: 'manifest-id', in: 'yaml', replace: '  reset:', by: '  «reset2»:', fix: 'Rename to "reset"' },
  {
    code: 'manifest-id',
    in: 'yaml',
    replace: '  lnd:\n    type: pointer',
    by: '  «lnd_2»:\n    type: pointer',
    fix: 'Rename to "lnd"',
  },
  // 0.3, by the rules
  {
    code: 'manifest-version',
    in: 'yaml',
    replace: 'version: 1.0.0',
    by: 'version: «v1.0.0»',
    fix: 'Change to "1.0.0"',
  },
  { code: 'manifest-version', in: 'yaml', replace: 'version: 1.0.0', by: 'version: «1.2.3.4.5»' },
  {
    code: 'manifest-version-cut',
    in: 'yaml',
    replace: 'version: 1.0.0',
    by: 'version: «1.0.0-beta»',
    fix: 'Change to "1.0.0"',
  },
  { code: 'manifest-range', in: 'yaml', replace: '">=0.13.3 <0.20.0"', by: '«0.13.3»', fix: 'Change to "=0.13.3"' },
  {
    code: 'manifest-range-cut',
    in: 'yaml',
    replace: '">=0.13.3 <0.20.0"',
    by: '«">=0.13.3 && <0.20.0"»',
    fix: 'Change to ">=0.13.3 <0.20.0"',
  },
  {
    code: 'manifest-range-cut',
    in: 'yaml',
    replace: '">=0.9.0 <1.0.0"',
    by: '«">=0.9.0, <1.0.0"»',
    fix: 'Rename to ">=0.9.0 <1.0.0"',
  },
  {
    code: 'manifest-url',
    in: 'yaml',
    replace: 'https://example.org/support',
    by: '«example.org/support»',
    fix: 'Change to "https://example.org/support"',
  },
  {
    code: 'manifest-license',
    in: 'yaml',
    replace: 'license: MIT',
    by: 'license: «GPLv3»',
    fix: 'Change to "GPL-3.0-only"',
  },
  { code: 'manifest-license-case', in: 'yaml', replace: 'license: MIT', by: 'license: «mit»', fix: 'Change to "MIT"' },
  {
    code: 'manifest-length',
    in: 'yaml',
    replace: 'title: Hello World',
    by: 'title: «A title that is a little too long»',
  },
  { code: 'manifest-length', in: 'yaml', replace: 'short: A greeting', by: `short: «${'x'.repeat(161)}»` },
  {
    code: 'manifest-length',
    in: 'yaml',
    replace: 'long: A greeting on a web page.',
    by: `long: «${'x'.repeat(5001)}»`,
  },
  { code: 'manifest-replaces', in: 'yaml', replace: '[Dropbox]', by: '[«Google Drive»]' },
  {
    code: 'manifest-replaces',
    in: 'yaml',
    replace: 'replaces: [Dropbox]',
    by: '«replaces»: [a, b, c, d, e, f, g, h, i, j]',
  },
  {
    code: 'manifest-main',
    in: 'yaml',
    replace:
      'main:\n  type: docker\n  image: main\n  entrypoint: docker_entrypoint.sh\n  args: []\n  mounts:\n    main: /root\n    cert: /mnt/cert\n  sigterm-timeout: 30s',
    by: 'main:\n  type: «script»',
  },
  {
    code: 'manifest-containers',
    in: 'yaml',
    replace: 'replaces:',
    by: '«containers»: { main: { image: main } }\nreplaces:',
    fix: 'Remove "containers"',
  },
  {
    code: 'manifest-io-format',
    in: 'yaml',
    replace: '    entrypoint: config\n    io-format: yaml\n',
    by: '    entrypoint: config\n',
    fix: 'Add io-format: json',
    gives: 'io-format: json',
  },
  {
    code: 'manifest-io-format',
    in: 'yaml',
    replace: '      entrypoint: reset.sh\n      io-format: json\n',
    by: '      entrypoint: reset.sh\n',
    fix: 'Add io-format: json',
  },
  {
    code: 'manifest-dependency-io-format',
    in: 'yaml',
    replace: '    description: For payments',
    by: '    description: For payments\n    config:\n      check: { type: docker, image: main, entrypoint: x }\n      auto-configure: { type: script }',
    fix: 'Add io-format: json',
  },
  { code: 'manifest-duration', in: 'yaml', replace: 'sigterm-timeout: 30s', by: 'sigterm-timeout: «1h30m»' },
  {
    code: 'manifest-duration-unit',
    in: 'yaml',
    replace: 'timeout: 20s',
    by: 'timeout: «500ms»',
    fix: 'Change to "0.5s"',
  },
  {
    code: 'manifest-volume-unknown',
    in: 'yaml',
    replace: '    main: /root\n',
    by: '    «mian»: /root\n',
    fix: 'Rename to "main"',
  },
  {
    code: 'manifest-volume-unknown',
    in: 'yaml',
    replace: '    mounts: {}',
    by: '    mounts:\n      «database»: /db',
    fix: 'Declare the volume "database"',
    gives: '  database:\n    type: data',
  },
  {
    code: 'manifest-volume-backup',
    in: 'yaml',
    replace: '  lnd:\n    type: pointer',
    by: '  old:\n    type: «backup»\n    readonly: true\n  lnd:\n    type: pointer',
  },
  { code: 'manifest-backup-mount', in: 'yaml', replace: '    main: /root\n', by: '    «BACKUP»: /root\n' },
  {
    code: 'manifest-system-image',
    in: 'yaml',
    replace: 'image: compat\n    system: true\n    entrypoint: config',
    by: 'image: «main»\n    system: true\n    entrypoint: config',
    fix: 'Change to "compat"',
  },
  {
    code: 'manifest-interface-protocol',
    in: 'yaml',
    replace: '    protocols:\n      - tcp\n      - http',
    by: '    «protocols»:\n      - http',
    fix: 'Add tcp to protocols',
    gives: '      - http\n      - tcp',
  },
  {
    code: 'manifest-interface-protocol',
    in: 'yaml',
    replace: '    protocols:\n      - tcp\n      - http',
    by: '    «protocols»: [tcp]',
    fix: 'Add http to protocols',
    gives: '[tcp, http]',
  },
  {
    code: 'manifest-interface-unknown',
    in: 'yaml',
    replace: 'interface-id: main',
    by: 'interface-id: «maim»',
    fix: 'Change to "main"',
  },
  { code: 'manifest-port', in: 'yaml', replace: '      443:', by: '      «70000»:' },
  { code: 'manifest-port', in: 'yaml', replace: '80: "80"', by: '«80»: "web"' },
  {
    code: 'manifest-dependency-unknown',
    in: 'yaml',
    replace: 'package-id: lnd',
    by: 'package-id: «bitcoind»',
    fix: 'Declare the dependency "bitcoind"',
    gives: '  bitcoind:\n    version: "*"',
  },
  {
    code: 'manifest-ignored',
    in: 'yaml',
    replace: '  main:\n    type: data',
    by: '  main:\n    type: data\n    «readonly»: true',
    fix: 'Remove "readonly"',
  },
  {
    code: 'manifest-ignored',
    in: 'yaml',
    replace: 'internal: 80',
    by: '«mapping»: 80',
    fix: 'Rename to "internal"',
    gives: 'internal: 80',
  },
  {
    code: 'manifest-ignored',
    in: 'yaml',
    replace: 'type: opt-in\n      how',
    by: 'type: required\n      «how»',
    fix: 'Remove "how"',
  },
  { code: 'manifest-config-spec', in: 'yaml', replace: '"[0,100]"', by: '«"0-100"»' },
  { code: 'manifest-config-spec', in: 'yaml', replace: '"a-z,0-9"', by: '«"az"»' },
  { code: 'manifest-config-default', in: 'yaml', replace: 'default: soft', by: 'default: «medium»' },
  { code: 'manifest-regex', in: 'yaml', replace: '"^[a-z]+$"', by: '«"^(?=a)b"»' },
  { code: 'manifest-regex', in: 'yaml', replace: 'processor: "intel|amd"', by: 'processor: «"(?<!i)x"»' },
  { code: 'manifest-device-class', in: 'yaml', replace: 'processor: "intel|amd"', by: 'gpu: «"nvidia"»' },
  {
    code: 'manifest-ram',
    in: 'yaml',
    replace: 'ram: 2147483648',
    by: 'ram: «2048»',
    fix: 'Change to 2147483648 bytes',
  },
  { code: 'manifest-key-twice', in: 'yaml', replace: 'title: Hello World', by: 'title: Hello\n«title»: Hello World' },
  {
    code: 'yaml-merge',
    in: 'yaml',
    replace: '  main:\n    type: data',
    by: '  main:\n    «<<»: { readonly: true }\n    type: data',
    also: ['manifest-unknown-key'],
  },
  {
    code: 'manifest-json',
    in: 'yaml',
    replace: '  short: A greeting',
    by: '«\t»short: A greeting',
    also: ['manifest-missing-key', 'manifest-json', 'manifest-unknown-key', 'manifest-type'],
  },
  // TOML
  {
    code: 'manifest-unknown-key',
    in: 'toml',
    replace: 'image = "main"',
    by: 'image = "main"\n«imge» = "main"',
    fix: 'Remove "imge"',
  },
  {
    code: 'manifest-missing-key',
    in: 'toml',
    replace: 'title = "Hello World"\n',
    by: '',
    fix: 'Add "title"',
    gives: '\ntitle = "Hello World"',
  },
  {
    code: 'manifest-volume-unknown',
    in: 'toml',
    replace: '{ main = "/root" }',
    by: '{ «data» = "/root" }',
    fix: 'Declare the volume "data"',
  },
  { code: 'manifest-json', in: 'toml', replace: 'license = "MIT"', by: 'license = «M»IT' },
  // 0.4 as JSON
  {
    code: 'manifest-json',
    in: 'json',
    replace: '"license": "MIT",',
    by: '"license": "MIT" «"packageRepo"»: "https://example.org/package",',
    also: ['manifest-json', 'manifest-duplicate-key'],
  },
  {
    code: 'manifest-duplicate-key',
    in: 'json',
    replace: '"license": "MIT",',
    by: '"license": "MIT",\n  «"license"»: "MIT",',
  },
  {
    code: 'manifest-unknown-key',
    in: 'json',
    replace: '"license": "MIT",',
    by: '"license": "MIT",\n  «"licence"»: "MIT",',
    fix: 'Remove "licence"',
  },
  {
    code: 'manifest-unknown-key',
    in: 'json',
    replace: '"marketingUrl"',
    by: '«"marketingSite"»',
    fix: 'Rename to "marketingUrl"',
    gives: '"marketingUrl"',
  },
  {
    code: 'manifest-missing-key',
    in: 'json',
    replace: '  "title": "Hello World",\n',
    by: '',
    fix: 'Add "title"',
    gives: '"title": "Hello World"',
  },
  { code: 'manifest-type', in: 'json', replace: '"volumes": ["main"]', by: '«"volumes"»: {}' },
  {
    code: 'manifest-id',
    in: 'json',
    replace: '"id": "hello-world"',
    by: '"id": «"Hello World"»',
    fix: 'Change to "hello-world"',
  },
  {
    code: 'manifest-version',
    in: 'json',
    replace: '"version": "1.0.0:0"',
    by: '"version": «"1.0.0"»',
    fix: 'Change to "1.0.0:0"',
  },
  {
    code: 'manifest-version-portability',
    in: 'json',
    replace: '"version": "1.0.0:0"',
    by: '"sdkVersion": "2.0.9",\n  "version": «"1.0.0-beta1:0"»',
  },
  { code: 'manifest-range', in: 'json', replace: '"canMigrateTo": "!"', by: '"canMigrateTo": «">=x"»' },
  {
    code: 'manifest-range-portability',
    in: 'json',
    replace: '"canMigrateTo": "!"',
    by: '"canMigrateTo": «">=1 || <0 >2"»',
  },
  {
    code: 'manifest-url',
    in: 'json',
    replace: '"https://example.org/upstream"',
    by: '«"example.org/upstream"»',
    fix: 'Change to "https://example.org/upstream"',
  },
  {
    code: 'manifest-package-repo',
    in: 'json',
    replace: '  "packageRepo": "https://example.org/package",\n',
    by: '',
    fix: 'Add "packageRepo"',
  },
  {
    code: 'manifest-plugin',
    in: 'json',
    replace: '"plugins": []',
    by: '«"plugins"»: ["url-v1"]',
    fix: 'Change to ["url-v0"]',
  },
  {
    code: 'manifest-image-source',
    in: 'json',
    replace: '{ "dockerTag": "nginx:1.29" }',
    by: '{ "dockerTag": "nginx:1.29", "dockerBuild": {} }',
  },
  { code: 'manifest-packed', in: 'json', replace: '{ "dockerTag": "nginx:1.29" }', by: '«"packed"»' },
  { code: 'manifest-image-tag', in: 'json', replace: '"nginx:1.29"', by: '«"Nginx: 1"»' },
  {
    code: 'manifest-key-dropped',
    in: 'ts',
    sdk: '1.5.0',
    replace: '  donationUrl: null,',
    by: '  donationUrl: null,\n  «alerts»: {},',
  },
  { code: 'manifest-moving-tag', in: 'json', replace: '"nginx:1.29"', by: '«"nginx"»' },
  {
    code: 'manifest-unknown-key',
    in: 'json',
    replace: '{ "dockerTag": "nginx:1.29" }',
    by: '{ "dockerBuild": { «"dockerFile"»: "x" } }',
    fix: 'Rename to "dockerfile"',
  },
  {
    code: 'manifest-arch',
    in: 'json',
    replace: '"arch": ["x86_64", "aarch64"]',
    by: '«"arch"»: ["x86_64", "arm64"]',
    fix: 'Change to "aarch64"',
  },
  {
    code: 'manifest-arch',
    in: 'json',
    replace: '"emulateMissingAs": "x86_64"',
    by: '"emulateMissingAs": «"riscv64"»',
    fix: 'Change to "x86_64"',
  },
  {
    code: 'manifest-emulate',
    in: 'json',
    replace: ',\n      "emulateMissingAs": "x86_64"',
    by: '',
    fix: 'Emulate it where it is missing',
    gives: '"emulateMissing": true',
  },
  {
    code: 'manifest-emulate',
    in: 'json',
    replace: '"emulateMissingAs": "x86_64"',
    by: '"emulateMissing": «false»',
    fix: 'Change to true',
    gives: '"emulateMissing": true',
  },
  {
    code: 'manifest-key-former',
    in: 'ts',
    sdk: '3.0.3',
    replace: "arch: ['x86_64', 'aarch64'],",
    by: "arch: ['x86_64', 'aarch64'], «emulateMissingAs»: 'x86_64',",
    fix: 'Change to "emulateMissing: true"',
    gives: 'emulateMissing: true,',
  },
  {
    code: 'manifest-key-former',
    in: 'ts',
    sdk: '3.0.3',
    replace: "arch: ['x86_64', 'aarch64'],",
    by: "arch: ['x86_64'], «emulateMissingAs»: null,",
    fix: 'Change to "emulateMissing: false"',
    gives: 'emulateMissing: false,',
  },
  {
    code: 'manifest-key-later',
    in: 'ts',
    sdk: '2.0.9',
    replace: "arch: ['x86_64', 'aarch64'],",
    by: "arch: ['x86_64', 'aarch64'], «emulateMissing»: true,",
    fix: 'Remove "emulateMissing"',
  },
  {
    code: 'manifest-key-later',
    in: 'ts',
    sdk: '2.0.9',
    replace: '  donationUrl: null,',
    by: '  donationUrl: null,\n  «hardwareVirtualization»: true,',
    fix: 'Remove "hardwareVirtualization"',
  },
  {
    code: 'manifest-kept',
    in: 'ts',
    sdk: '9.1.0',
    replace: '  donationUrl: null,',
    by: '  donationUrl: null,\n  «quantum»: { entangled: true },',
  },
  {
    code: 'manifest-range-empty',
    in: 'json',
    replace: '"optional": false,',
    by: '"optional": false, "versionRange": «">=2:0 <1:0"», "kind": "exists",',
  },
  {
    code: 'manifest-range',
    in: 'json',
    replace: '"optional": false,',
    by: '"optional": false, "versionRange": «">>2"», "kind": "running", "healthChecks": [],',
  },
  {
    code: 'manifest-arch-unused',
    in: 'json',
    replace: '"ram": 2147483648',
    by: '"ram": 2147483648, "arch": ["x86_64"]',
  },
  { code: 'manifest-no-volumes', in: 'json', replace: '"volumes": ["main"]', by: '«"volumes"»: []' },
  {
    code: 'manifest-description-length',
    in: 'json',
    replace: '"long": "A greeting on a web page."',
    by: `"long": «"${'x'.repeat(2001)}"»`,
  },
  {
    code: 'manifest-description-length',
    in: 'json',
    replace: '"de_DE": "Ein Gruß"',
    by: `"de_DE": «"${'x'.repeat(119)}ß"»`,
  },
  {
    code: 'manifest-description-cut',
    in: 'json',
    replace: '"de_DE": "Ein Gruß"',
    by: `"de_DE": «"${'x'.repeat(81)}"»`,
  },
  {
    code: 'manifest-locale',
    in: 'json',
    replace: '"de_DE": "Ein Gruß"',
    by: '"de_DE": "Ein Gruß", "de": «"Ein Gruß"»',
  },
  {
    code: 'manifest-locale-missing',
    in: 'json',
    replace: ', "pl_PL": "Pozdrowienie"',
    by: '',
    fix: 'Add pl_PL',
    gives: '"pl_PL": "A greeting"',
  },
  {
    code: 'manifest-ram',
    in: 'json',
    replace: '"ram": 2147483648',
    by: '"ram": «8192»',
    fix: 'Change to 8589934592 bytes',
  },
  { code: 'manifest-regex', in: 'json', replace: '"RTX.*"', by: '«"(?!RTX)"»' },
  { code: 'manifest-device-class', in: 'json', replace: '"class": "display"', by: '"class": «"gpu"»' },
  {
    code: 'manifest-dependency',
    in: 'json',
    replace: '"metadata": { "title": "Bitcoin", "icon": "https://example.org/icon.svg" }',
    by: '«"metadata"»: { "title": "Bitcoin" }',
  },
  {
    code: 'dependency-metadata',
    in: 'json',
    replace: ',\n      "metadata": { "title": "Bitcoin", "icon": "https://example.org/icon.svg" }',
    by: '',
    fix: 'Add title and icon',
  },
  { code: 'manifest-license', in: 'json', replace: '"MIT"', by: '«"Apache 2.0"»', fix: 'Change to "Apache-2.0"' },
  // 0.4 as TypeScript
  {
    code: 'manifest-unknown-key',
    in: 'ts',
    replace: '  donationUrl: null,',
    by: '  donationUrl: null,\n  «docsUrls»: [],',
    fix: 'Remove "docsUrls"',
    sdk: '2.0.9',
  },
  {
    code: 'manifest-key-later',
    in: 'ts',
    replace: '  donationUrl: null,',
    by: '  donationUrl: null,\n  «virtualNetworking»: true,',
    fix: 'Remove "virtualNetworking"',
    sdk: '^1.3.3',
  },
  {
    code: 'manifest-ignored',
    in: 'ts',
    replace: '  donationUrl: null,',
    by: "  donationUrl: null,\n  «version»: '1.0.0:0',",
    fix: 'Remove "version"',
  },
  {
    code: 'manifest-id',
    in: 'ts',
    replace: "id: 'hello-world'",
    by: "id: «'Hello World'»",
    fix: 'Change to "hello-world"',
    gives: "id: 'hello-world'",
  },
  {
    code: 'manifest-arch-default',
    in: 'ts',
    replace: "      arch: ['x86_64', 'aarch64'],\n",
    by: '',
    fix: 'Write the architectures out',
    gives: "arch: ['x86_64', 'aarch64', 'riscv64'],",
  },
  {
    code: 'manifest-missing-key',
    in: 'ts',
    replace: "  title: 'Hello World',\n",
    by: '',
    fix: 'Add "title"',
    gives: "title: 'Hello World',",
  },
  {
    code: 'manifest-url',
    in: 'ts',
    replace: "'https://example.org/upstream'",
    by: "«'example.org'»",
    fix: 'Change to "https://example.org"',
  },
];

/** Other tests take the table, and run nothing of this file. */
const check = import.meta.main ? test : () => undefined;

/** The text that a finding underlines. */
function marked(text: string, { where }: Finding): string {
  const lines = text.split('\n');
  const offset = (line = 1, column = 1) =>
    lines.slice(0, line - 1).reduce((sum, item) => sum + item.length + 1, 0) + column - 1;
  return text.slice(offset(where.line, where.column), offset(where.endLine, where.endColumn));
}

for (const [kind, text] of Object.entries(BASES) as [Kind, string][]) {
  check(`the ${kind} manifest without mistakes has no finding`, async () => {
    assert.deepEqual(lintManifest(await readText(FILES[kind], text)), []);
  });
}

for (const mistake of MISTAKES) {
  const name = `${mistake.code} (${mistake.in}): ${mistake.by.replaceAll(/\s+/g, ' ').slice(0, 50) || `no ${mistake.replace.trim().slice(0, 40)}`}`;
  check(name, async () => {
    const base = BASES[mistake.in];
    assert.ok(base.includes(mistake.replace), `the base has no ${mistake.replace}`);
    const withMarks = base.replace(mistake.replace, () => mistake.by);
    const expected = /«([^»]*)»/s.exec(withMarks);
    const text = withMarks.replaceAll(/[«»]/g, '');
    const reading = await readText(FILES[mistake.in], text, mistake.sdk);
    const findings = lintManifest(reading);
    const mine = findings.filter((found) => found.code === mistake.code);
    assert.equal(
      mine.length > 0 && (mine.length === 1 || mistake.also?.includes(mistake.code)),
      true,
      JSON.stringify(findings, null, 1),
    );
    const strange = findings.filter((found) => found.code !== mistake.code && !mistake.also?.includes(found.code));
    assert.deepEqual(strange, []);
    const [found] = mine as [Finding];
    assert.equal(found.where.file, FILES[mistake.in]);
    if (expected) assert.equal(marked(text, found), expected[1]);
    if (mistake.fix === undefined) return;
    const fixes = fixesFor(found, reading);
    const fix = fixes.find(({ title }) => title === mistake.fix);
    assert.ok(fix, `there are only: ${fixes.map(({ title }) => title).join(' | ')}`);
    const mended = applyEdits(text, fix.edits);
    if (mistake.gives !== undefined) assert.ok(mended.includes(mistake.gives), mended);
    const left = lintManifest(await readText(FILES[mistake.in], mended, mistake.sdk)).filter(
      (other) => other.code === mistake.code,
    );
    assert.deepEqual(left, [], mended);
  });
}

/** Codes of the class `manifest` that are about packed manifests only, or are tested where they come from. */
const TESTED_ELSEWHERE: readonly FindingCode[] = ['sdk-unknown', 'manifest-script-uncounted', 'manifest-unseen'];

check('every code about the text of a manifest has a mistake', () => {
  const codes = (Object.keys(FINDING_CODES) as FindingCode[]).filter((code) => FINDING_CODES[code][0] === 'manifest');
  const tested = new Set(MISTAKES.map(({ code }) => code));
  assert.deepEqual(
    codes.filter((code) => !tested.has(code) && !TESTED_ELSEWHERE.includes(code)),
    [],
  );
});
