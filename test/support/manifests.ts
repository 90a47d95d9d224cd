/** Manifests without a problem, to put mistakes into. */

import assert from 'node:assert/strict';
import { type ManifestReading, readManifest } from '../../extension/manifest/lint-manifest.ts';
import { Modules } from '../../extension/manifest/meaning/modules.ts';
import { parseSdk } from '../../extension/manifest/rules-04/sdk.ts';
import type { ParseCache } from '../../extension/manifest/text/parse.ts';

export const YAML_03 = `id: hello-world
title: Hello World
version: 1.0.0
release-notes: First release.
license: MIT
wrapper-repo: https://example.org/wrapper
upstream-repo: https://example.org/upstream
support-site: https://example.org/support
description:
  short: A greeting
  long: A greeting on a web page.
assets:
  license: LICENSE
  icon: icon.png
  instructions: instructions.md
main:
  type: docker
  image: main
  entrypoint: docker_entrypoint.sh
  args: []
  mounts:
    main: /root
    cert: /mnt/cert
  sigterm-timeout: 30s
health-checks:
  web-ui:
    name: Web
    success-message: Ready
    type: docker
    image: main
    entrypoint: check-web.sh
    inject: true
    timeout: 20s
config:
  get:
    type: script
  set:
    type: docker
    image: compat
    system: true
    entrypoint: config
    io-format: yaml
    mounts: {}
properties:
  type: script
volumes:
  main:
    type: data
  cert:
    type: certificate
    interface-id: main
  lnd:
    type: pointer
    package-id: lnd
    volume-id: main
    path: /
    readonly: true
interfaces:
  main:
    name: Web Interface
    description: The page
    tor-config:
      port-mapping:
        80: "80"
    lan-config:
      443:
        ssl: true
        internal: 80
    ui: true
    protocols:
      - tcp
      - http
backup:
  create:
    type: docker
    image: compat
    system: true
    entrypoint: compat
    args: [duplicity, create, /mnt/backup, /root/data]
    mounts:
      BACKUP: /mnt/backup
      main: /root/data
  restore:
    type: docker
    image: compat
    system: true
    entrypoint: compat
    args: [duplicity, restore, /mnt/backup, /root/data]
    mounts:
      BACKUP: /mnt/backup
      main: /root/data
migrations:
  from:
    ">=0.9.0 <1.0.0":
      type: script
      args: [from]
  to:
    "*":
      type: script
      args: [to]
actions:
  reset:
    name: Reset
    description: Resets
    allowed-statuses: [running, stopped]
    implementation:
      type: docker
      image: main
      entrypoint: reset.sh
      io-format: json
    input-spec:
      mode:
        type: enum
        name: Mode
        values: [soft, hard]
        value-names: { soft: Soft }
        default: soft
      count:
        type: number
        name: Count
        nullable: false
        range: "[0,100]"
      word:
        type: string
        name: Word
        nullable: true
        pattern: "^[a-z]+$"
        pattern-description: letters
        default: { charset: "a-z,0-9", len: 8 }
dependencies:
  lnd:
    version: ">=0.13.3 <0.20.0"
    requirement:
      type: opt-in
      how: Choose it
    description: For payments
hardware-requirements:
  ram: 2147483648
  arch: [x86_64, aarch64]
  device:
    processor: "intel|amd"
replaces: [Dropbox]
`;

export const JSON_04 = `{
  "id": "hello-world",
  "version": "1.0.0:0",
  "canMigrateTo": "!",
  "canMigrateFrom": "*",
  "title": "Hello World",
  "description": {
    "short": { "en_US": "A greeting", "de_DE": "Ein Gruß", "es_ES": "Un saludo", "fr_FR": "Un salut", "pl_PL": "Pozdrowienie" },
    "long": "A greeting on a web page."
  },
  "releaseNotes": "First release.",
  "license": "MIT",
  "packageRepo": "https://example.org/package",
  "upstreamRepo": "https://example.org/upstream",
  "marketingUrl": "https://example.org/",
  "donationUrl": null,
  "osVersion": "0.4.0",
  "images": {
    "main": {
      "source": { "dockerTag": "nginx:1.29" },
      "arch": ["x86_64", "aarch64"],
      "emulateMissingAs": "x86_64"
    }
  },
  "volumes": ["main"],
  "plugins": [],
  "dependencies": {
    "bitcoind": {
      "description": null,
      "optional": false,
      "metadata": { "title": "Bitcoin", "icon": "https://example.org/icon.svg" }
    }
  },
  "hardwareRequirements": {
    "device": [{ "class": "display", "description": "A GPU", "product": "RTX.*", "vendor": null }],
    "ram": 2147483648
  }
}
`;

export const TYPESCRIPT_04 = `import { setupManifest } from '@start9labs/start-sdk'
import { long, short } from './i18n'

export const manifest = setupManifest({
  id: 'hello-world',
  title: 'Hello World',
  license: 'MIT',
  packageRepo: 'https://example.org/package',
  upstreamRepo: 'https://example.org/upstream',
  marketingUrl: 'https://example.org/',
  donationUrl: null,
  description: { short, long },
  volumes: ['main'],
  images: {
    main: {
      source: { dockerTag: 'nginx:1.29' },
      arch: ['x86_64', 'aarch64'],
    },
  },
  dependencies: {},
})
`;

/** What stands beside the TypeScript manifest. */
export const TYPESCRIPT_NEIGHBOURS: Readonly<Record<string, string>> = {
  'startos/manifest/i18n.ts': `export const short = { en_US: 'A greeting', de_DE: 'Ein Gruß', es_ES: 'Un saludo', fr_FR: 'Un salut', pl_PL: 'Pozdrowienie' }
export const long = 'A greeting on a web page.'
`,
  'startos/versions/index.ts': `import { VersionGraph } from '@start9labs/start-sdk'
import { current } from './current'
export const versions = VersionGraph.of({ current, other: [] })
`,
  'startos/versions/current.ts': `import { VersionInfo } from '@start9labs/start-sdk'
export const current = VersionInfo.of({ version: '1.0.0:0', releaseNotes: 'First.', migrations: {} })
`,
};

export const TOML_03 = `id = "hello-world"
title = "Hello World"
version = "1.0.0"
release-notes = "First release."
license = "MIT"
wrapper-repo = "https://example.org/wrapper"
upstream-repo = "https://example.org/upstream"
migrations = { from = {}, to = {} }

[description]
short = "A greeting"
long = "A greeting on a web page."

[main]
type = "docker"
image = "main"
entrypoint = "docker_entrypoint.sh"
mounts = { main = "/root" }

[health-checks]

[volumes.main]
type = "data"

[interfaces.main]
name = "Web"
description = "The page"
ui = true
protocols = ["tcp", "http"]

[interfaces.main.tor-config.port-mapping]
80 = "80"

[backup.create]
type = "script"

[backup.restore]
type = "script"
`;

/** The manifests by language, and where each would stand. */
export const BASES = { yaml: YAML_03, toml: TOML_03, json: JSON_04, ts: TYPESCRIPT_04 } as const;
export const FILES = {
  yaml: '/w/manifest.yaml',
  toml: '/w/manifest.toml',
  json: '/w/manifest.json',
  ts: '/w/startos/manifest/index.ts',
} as const;
export type Kind = keyof typeof BASES;

/** The modules of a manifest that says `text`, beside the neighbours that the TypeScript one imports. */
export function loadModules(file: string, text: string, cache?: ParseCache): Promise<Modules | undefined> {
  return Modules.load(file, async (path) => (path === file ? text : TYPESCRIPT_NEIGHBOURS[path.slice(3)]), cache);
}

/** Reads a manifest that says `text`, by the SDK of a version where one is given. */
export async function readText(file: string, text: string, sdk?: string): Promise<ManifestReading> {
  const modules = await loadModules(file, text);
  assert.ok(modules);
  const reading = readManifest(modules, sdk === undefined ? {} : { sdk: parseSdk(sdk) });
  assert.ok(reading, 'it is not taken for a manifest');
  return reading;
}
