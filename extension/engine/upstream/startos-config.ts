import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { parse, YAMLError } from 'yaml';
import { tooDeepAt } from '../brackets.ts';
import { ancestorsOf, isOwn } from '../io/ancestors.ts';
import { readText } from '../io/whole-file.ts';
import { ID_KEY_SETTINGS } from './table.ts';

/**
 * The configuration files of start-cli (upstream-since-july section 6): profiles of hosts and registries by name, and where
 * the identity key is. Only read, never written. Of a name that several files have, the nearest counts.
 */
export interface StartosConfig {
  readonly hosts: readonly Profile[];
  readonly registries: readonly Profile[];
  readonly idKey?: { readonly path: string; readonly file: string };
  /** Every file that was read, the one that counts most first. */
  readonly files: readonly string[];
  /** Files that could not be read as what they should be, and why. */
  readonly problems: readonly { readonly file: string; readonly message: string }[];
}

export interface Profile {
  readonly name: string;
  /** What is written: an address, or the name of another profile. */
  readonly target: string;
  /** The address that it leads to; absent if it leads nowhere. */
  readonly url?: string;
  readonly file: string;
}

/** Profiles one list may have, and steps from name to name. */
const MAX_PROFILES = 100;
const MAX_FILE = 1 << 20;

/** Reads the configuration that holds for a folder: its workspace's, the user's and the machine's. */
export async function readStartosConfig(folder: string, home = homedir()): Promise<StartosConfig> {
  const reader = new ConfigReader(home);
  const own = [join(home, '.startos', 'config.yaml'), '/etc/startos/config.yaml'];
  for (const [index, level] of (await ancestorsOf(folder, home)).entries()) {
    const file = join(level, '.startos', 'config.yaml');
    if (own.includes(file) || (index > 0 && !(await isOwn(file).catch(() => false)))) continue;
    // The nearest workspace counts alone.
    if (await reader.read(file, false)) break;
  }
  for (const file of own) await reader.read(file, true);
  return reader.result();
}

class ConfigReader {
  private readonly hosts = new Map<string, Profile>();
  private readonly registries = new Map<string, Profile>();
  private readonly files: string[] = [];
  private readonly problems: { file: string; message: string }[] = [];
  private readonly home: string;
  private idKey: { path: string; file: string } | undefined;

  constructor(home: string) {
    this.home = home;
  }

  /**
   * @param isUsers whether the file is the user's or the machine's: only those may say which key is the user's, because a
   *   workspace may be a stranger's
   * @returns whether the file is there
   */
  async read(file: string, isUsers: boolean): Promise<boolean> {
    const text = await readText(file);
    if (text === undefined) return false;
    this.files.push(file);
    const config = this.parse(file, text);
    if (!config) return true;
    this.profiles(file, config['host'], this.hosts);
    this.profiles(file, config['registry'], this.registries);
    for (const key of isUsers ? ID_KEY_SETTINGS : []) {
      const value = config[key];
      if (typeof value === 'string') this.idKey ??= { path: this.place(value, dirname(file)), file };
    }
    return true;
  }

  private parse(file: string, text: string): Record<string, unknown> | undefined {
    const refuse = (message: string) => {
      this.problems.push({ file, message });
      return undefined;
    };
    if (text.length > MAX_FILE) return refuse(`it has more than ${MAX_FILE} characters`);
    if (tooDeepAt(text) !== undefined) return refuse('it is nested too deeply');
    try {
      const value: unknown = parse(text, { maxAliasCount: 0, logLevel: 'silent' });
      if (value === null) return undefined;
      if (typeof value !== 'object' || Array.isArray(value)) return refuse('it holds no settings');
      return value as Record<string, unknown>;
    } catch (error) {
      if (!(error instanceof YAMLError || error instanceof ReferenceError || error instanceof RangeError)) throw error;
      return refuse(`it is not valid YAML: ${error.message.split('\n')[0]}`);
    }
  }

  /** A bare address is the profile `default`. */
  private profiles(file: string, value: unknown, known: Map<string, Profile>): void {
    if (Array.isArray(value))
      this.problems.push({ file, message: 'host and registry take an address or names with addresses' });
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    const entries = typeof value === 'string' ? [['default', value]] : isMap ? Object.entries(value) : [];
    for (const [name, target] of entries) {
      if (typeof name !== 'string' || typeof target !== 'string') continue;
      if (!known.has(name) && known.size < MAX_PROFILES) known.set(name, { name, target, file });
    }
  }

  private place(path: string, folder: string): string {
    if (path === '~' || path.startsWith('~/')) return join(this.home, path.slice(1));
    return isAbsolute(path) ? path : join(folder, path);
  }

  result(): StartosConfig {
    const followed = (profiles: ReadonlyMap<string, Profile>) =>
      [...profiles.values()].map((profile) => {
        const url = addressOf(profile, profiles);
        return { ...profile, ...(url !== undefined && { url }) };
      });
    const hosts = followed(this.hosts);
    const registries = followed(this.registries);
    const lost = [...hosts, ...registries].filter(({ url }) => url === undefined);
    const problems = [
      ...this.problems,
      ...lost.map(({ file, name, target }) => ({ file, message: `"${target}" (${name}) leads to no address` })),
    ];
    return { hosts, registries, ...(this.idKey && { idKey: this.idKey }), files: this.files, problems };
  }
}

/** A profile on one line: `registry beta: https://…`. */
export function describeProfile(what: 'host' | 'registry', { name, target, url }: Profile): string {
  return `${what} ${name}: ${url === undefined || url === target ? target : `${target} (${url})`}`;
}

/** Follows names to an address; undefined where they lead in circles or nowhere. */
function addressOf({ target }: Profile, profiles: ReadonlyMap<string, Profile>): string | undefined {
  let current = target;
  for (let steps = 0; steps <= profiles.size; steps++) {
    const next = profiles.get(current)?.target;
    if (next === undefined || next === current)
      return /^https?:\/\/./.test(current) && URL.canParse(current) ? current : undefined;
    current = next;
  }
  return undefined;
}
