import { SYSTEM_IMAGES } from '../../engine/docker-images/system-images.ts';
import { type Finding, finding } from '../../engine/finding.ts';
import type { FindingCode } from '../../engine/finding-codes.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import { problemOfRam } from '../../engine/package/ram.ts';
import { problemInRust } from '../../engine/package/rust-regex.ts';
import { suggest } from '../../engine/package/suggest.ts';
import { misspeltScheme, schemeMessage } from '../../engine/package/url.ts';
import { parseEmver, parseEmverRange } from '../../engine/versions/emver.ts';
import { VersionError } from '../../engine/versions/exver.ts';
import { child, type DataNode, keysOf, nodeAt, stringOf } from '../meaning/data-tree.ts';
import { schemaAt } from '../schema/schema.ts';
import { checkLicense } from '../spdx.ts';
import { checkConfigSpec } from './config-spec.ts';
import { isScript, type Procedure, proceduresOf } from './procedures.ts';

/** The volume that stands for the backup target. */
const BACKUP = 'BACKUP';

/**
 * The rules of `start-sdk pack` and `verify s9pk` (s9pk-v1 sections 3, 5, 6 and 9) that a manifest's text alone can
 * break, beyond its schema. Things of the wrong type are left to the schema.
 */
export function checkRules03(root: DataNode): Finding[] {
  const rules = new Rules(root);
  rules.checkVersions();
  rules.checkTexts();
  rules.checkProcedures();
  rules.checkVolumes();
  rules.checkInterfaces();
  rules.checkIgnored(root, '');
  rules.checkHardware();
  rules.checkForms();
  return rules.findings;
}

class Rules {
  readonly findings: Finding[] = [];
  private readonly root: DataNode;

  constructor(root: DataNode) {
    this.root = root;
  }

  private report(code: FindingCode, path: string, message: string): void {
    this.findings.push(finding(code, message, { path }));
  }

  private text(path: string): string | undefined {
    return stringOf(nodeAt(this.root, path));
  }

  checkVersions(): void {
    for (const path of ['/version', '/eos-version']) {
      const text = this.text(path);
      if (text === undefined) continue;
      this.attempt('manifest-version', path, () => {
        const { rest } = parseEmver(text);
        const read = text.slice(0, text.length - rest.length);
        if (rest) this.report('manifest-version-cut', path, `"${text}" is read as ${read}: what follows is ignored`);
      });
    }
    for (const id of keysOf(child(this.root, 'dependencies'))) {
      const path = pointer(pointer('/dependencies', id), 'version');
      const text = this.text(path);
      if (text !== undefined) this.checkRange(path, text);
    }
    for (const key of ['from', 'to']) {
      const ranges = nodeAt(this.root, `/migrations/${key}`);
      for (const range of keysOf(ranges)) this.checkRange(pointer(`/migrations/${key}`, range), range);
    }
  }

  private checkRange(path: string, text: string): void {
    this.attempt('manifest-range', path, () => {
      const { rest } = parseEmverRange(text);
      if (rest.trim() === '') return;
      const read = text.slice(0, text.length - rest.length).trim();
      const hint = /^\s*(?:&&|,)/.test(rest) ? '; join conditions with a blank' : '';
      this.report('manifest-range-cut', path, `"${text}" is read as ${read}: "${rest.trim()}" is ignored${hint}`);
    });
  }

  private attempt(code: FindingCode, path: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (!(error instanceof VersionError)) throw error;
      this.report(code, path, error.message);
    }
  }

  checkTexts(): void {
    for (const key of ['wrapper-repo', 'upstream-repo', 'support-site', 'marketing-site', 'donation-url']) {
      const url = this.text(`/${key}`);
      if (url === undefined) continue;
      if (!URL.canParse(url))
        this.report('manifest-url', `/${key}`, `"${url}" is not an absolute URL; write it with https://`);
      const meant = misspeltScheme(url);
      if (meant !== undefined) this.report('manifest-url-scheme', `/${key}`, schemeMessage(url, meant));
    }
    this.findings.push(...checkLicense(this.text('/license')));
    const title = this.text('/title');
    const bytes = title === undefined ? 0 : new TextEncoder().encode(title).length;
    if (bytes > 29) this.report('manifest-length', '/title', `the title has ${bytes} bytes; at most 29 are allowed`);
    for (const [path, limit] of [
      ['/description/short', 160],
      ['/description/long', 5000],
    ] as const) {
      const length = [...(this.text(path) ?? '')].length;
      if (length > limit)
        this.report('manifest-length', path, `the text has ${length} characters; at most ${limit} are allowed`);
    }
    const replaces = child(this.root, 'replaces');
    if (replaces?.kind !== 'array') return;
    if (replaces.items.length > 9)
      this.report(
        'manifest-replaces',
        '/replaces',
        `"replaces" has ${replaces.items.length} entries; at most 9 are allowed`,
      );
    for (const [index, item] of replaces.items.entries()) {
      const length = new TextEncoder().encode(stringOf(item) ?? '').length;
      if (length > 9)
        this.report(
          'manifest-replaces',
          `/replaces/${index}`,
          `"${stringOf(item)}" has ${length} bytes; at most 9 are allowed`,
        );
    }
  }

  checkProcedures(): void {
    const procedures = proceduresOf(this.root);
    for (const procedure of procedures) this.checkProcedure(procedure);
    if (this.text('/main/type') === 'script')
      this.report('manifest-main', '/main/type', 'main must be of the type docker; devices refuse a script here');
    const containers = child(this.root, 'containers');
    if (containers && !(containers.kind === 'value' && containers.value === null))
      this.report('manifest-containers', '/containers', '"containers" was never enabled: devices refuse it');
    const scripts = procedures.filter(isScript);
    const [first] = scripts;
    if (first && !scripts.some((procedure) => procedure.isCounted)) {
      const message =
        'start-sdk leaves the scripts out: only health checks and dependencies use them, which it does not count; pack with s9pk';
      this.report('manifest-script-uncounted', `${first.path}/type`, message);
    }
  }

  private checkProcedure(procedure: Procedure): void {
    const { path, node, needsIoFormat, isVerified } = procedure;
    for (const key of ['timeout', 'sigterm-timeout']) this.checkDuration(pointer(path, key), child(node, key));
    if (stringOf(child(node, 'type')) !== 'docker') return;
    const image = stringOf(child(node, 'image'));
    const system = child(node, 'system');
    const isSystem = system?.kind === 'value' && system.value === true;
    if (isSystem && image !== undefined && !SYSTEM_IMAGES.includes(image)) {
      const message = `"${image}" is not an image of StartOS; there are ${SYSTEM_IMAGES.join(' and ')}`;
      this.report('manifest-system-image', pointer(path, 'image'), message);
    }
    const ioFormat = child(node, 'io-format');
    const hasFormat = ioFormat !== undefined && !(ioFormat.kind === 'value' && ioFormat.value === null);
    if (isVerified && needsIoFormat && !hasFormat)
      this.report('manifest-io-format', path, 'a docker procedure here needs "io-format", for example json');
    // Verification never looks at these; the device gives them the dependency's configuration all the same.
    if (path.startsWith('/dependencies/') && !hasFormat)
      this.report(
        'manifest-dependency-io-format',
        path,
        'without "io-format" the device cannot hand over the configuration',
      );
    this.checkMounts(pointer(path, 'mounts'), child(node, 'mounts'), path.startsWith('/backup/'));
  }

  private checkMounts(path: string, mounts: DataNode | undefined, isBackup: boolean): void {
    const volumes = child(this.root, 'volumes');
    if (volumes && volumes.kind !== 'object') return;
    const declared = keysOf(volumes);
    for (const id of keysOf(mounts)) {
      const at = pointer(path, id);
      if (id === BACKUP) {
        if (!isBackup) this.report('manifest-backup-mount', at, 'BACKUP is there for backup procedures only');
      } else if (!declared.includes(id)) {
        const near = suggest(id, declared);
        const hint = near ? `did you mean "${near}"?` : 'declare it in "volumes"';
        this.report('manifest-volume-unknown', at, `there is no volume "${id}": ${hint}`);
      }
    }
  }

  private checkDuration(path: string, node: DataNode | undefined): void {
    const text = stringOf(node);
    if (text === undefined) return;
    const match = /^(\d+(?:\.\d+)?)(d|h|ms|m|s|us|µs|ns)$/.exec(text);
    if (!match) {
      this.report(
        'manifest-duration',
        path,
        `"${text}" is not a duration: write a number and d, h, m, s, ms, us or ns, as 30s`,
      );
    } else if (match[2] === 'ms' || match[2] === 'us' || match[2] === 'µs') {
      const seconds = Number(match[1]) / (match[2] === 'ms' ? 1e3 : 1e6);
      // Only what is left of a second is misread, and only where it is written without a point.
      if (match[1]?.includes('.') || Number.isInteger(seconds)) return;
      this.report('manifest-duration-unit', path, `devices misread "${text}" as nanoseconds; write "${seconds}s"`);
    }
  }

  checkVolumes(): void {
    const interfaces = keysOf(child(this.root, 'interfaces'));
    const dependencies = keysOf(child(this.root, 'dependencies'));
    for (const id of keysOf(child(this.root, 'volumes'))) {
      const path = pointer('/volumes', id);
      switch (this.text(`${path}/type`)) {
        case 'backup':
          this.report(
            'manifest-volume-backup',
            `${path}/type`,
            'volumes of the type backup belong to StartOS; devices refuse them',
          );
          break;
        case 'certificate':
          this.checkReference(
            'manifest-interface-unknown',
            `${path}/interface-id`,
            interfaces,
            'interface',
            'interfaces',
          );
          break;
        case 'pointer':
          this.checkReference(
            'manifest-dependency-unknown',
            `${path}/package-id`,
            dependencies,
            'dependency',
            'dependencies',
          );
          break;
      }
    }
  }

  private checkReference(
    code: FindingCode,
    path: string,
    declared: readonly string[],
    what: string,
    where: string,
  ): void {
    const id = this.text(path);
    if (id === undefined || declared.includes(id)) return;
    const near = suggest(id, declared);
    this.report(
      code,
      path,
      `there is no ${what} "${id}": ${near ? `did you mean "${near}"?` : `declare it in "${where}"`}`,
    );
  }

  checkInterfaces(): void {
    for (const id of keysOf(child(this.root, 'interfaces'))) {
      const path = pointer('/interfaces', id);
      const node = nodeAt(this.root, path);
      const protocols = child(node, 'protocols');
      this.checkPorts(`${path}/tor-config/port-mapping`, true);
      this.checkPorts(`${path}/lan-config`, false);
      if (protocols?.kind !== 'array') continue;
      const names = protocols.items.map(stringOf);
      const at = `${path}/protocols`;
      const has = (key: string) => child(node, key)?.kind === 'object';
      const ui = child(node, 'ui');
      if (has('tor-config') && !names.includes('tcp'))
        this.report('manifest-interface-protocol', at, 'with "tor-config", "protocols" must contain tcp');
      if (has('lan-config') && !names.includes('http'))
        this.report(
          'manifest-interface-protocol',
          at,
          'with "lan-config", "protocols" must contain http, even for plain TCP',
        );
      else if (ui?.kind === 'value' && ui.value === true && !names.includes('http') && !names.includes('https'))
        this.report('manifest-interface-protocol', at, 'with "ui", "protocols" must contain http or https');
    }
  }

  private checkPorts(path: string, checksValues: boolean): void {
    const node = nodeAt(this.root, path);
    for (const port of keysOf(node)) {
      const at = pointer(path, port);
      if (!isPort(port)) this.report('manifest-port', at, `"${port}" is not a port: write 0 to 65535`);
      const value = checksValues ? stringOf(child(node, port)) : undefined;
      if (value !== undefined && !isPort(value))
        this.report('manifest-port', at, `"${value}" is not a port: write "0" to "65535"`);
    }
  }

  /** Keys that are read but change nothing. */
  checkIgnored(node: DataNode, path: string): void {
    if (node.kind === 'array')
      for (const [index, item] of node.items.entries()) this.checkIgnored(item, `${path}/${index}`);
    if (node.kind !== 'object') return;
    const properties = path.startsWith('/volumes/') || path.includes('/lan-config/') || path.endsWith('/requirement');
    const type = schemaAt('0.3', `${path}/type`, this.root)?.const;
    const isChosen = path.includes('/lan-config/') || type !== undefined;
    const schema = properties && isChosen ? schemaAt('0.3', path, this.root) : undefined;
    for (const { key, value } of node.properties) {
      const own = schema?.properties?.[key];
      if (own?.['x-ignored'])
        this.report('manifest-ignored', pointer(path, key), `"${key}" has no effect: ${own['x-ignored']}`);
      if (own?.['x-former']) {
        const hasInternal = child(node, 'internal') !== undefined;
        const message = hasInternal ? `"${key}" has no effect beside "internal"` : `"${key}": ${own['x-former']}`;
        this.report('manifest-ignored', pointer(path, key), message);
      }
      this.checkIgnored(value, pointer(path, key));
    }
    if (/\/lan-config\/[^/]+$/.test(path) && !child(node, 'internal') && !child(node, 'mapping'))
      this.report('manifest-missing-key', path, '"internal" is missing');
  }

  checkHardware(): void {
    const device = nodeAt(this.root, '/hardware-requirements/device');
    for (const name of keysOf(device)) {
      const at = pointer('/hardware-requirements/device', name);
      if (name !== 'processor' && name !== 'display')
        this.report(
          'manifest-device-class',
          at,
          `no device is of the class "${name}", so this is never met; classes are "processor" and "display"`,
        );
      const problem = problemInRust(stringOf(child(device, name)) ?? '');
      if (problem) this.report('manifest-regex', at, `devices cannot read this pattern: ${problem}`);
    }
    const ram = nodeAt(this.root, '/hardware-requirements/ram');
    const problem = ram?.kind === 'value' && typeof ram.value === 'number' ? problemOfRam(ram.value) : undefined;
    if (problem) this.report('manifest-ram', '/hardware-requirements/ram', problem);
  }

  checkForms(): void {
    const packages = [this.text('/id') ?? '', ...keysOf(child(this.root, 'dependencies'))];
    for (const id of keysOf(child(this.root, 'actions'))) {
      const path = `${pointer('/actions', id)}/input-spec`;
      const spec = nodeAt(this.root, path);
      if (spec) this.findings.push(...checkConfigSpec(spec, path, packages));
    }
  }
}

function isPort(text: string): boolean {
  return /^\+?\d{1,10}$/.test(text) && Number(text) <= 65535;
}
