import { type Finding, finding } from '../finding.ts';
import { isObject, type JsonObject, type JsonValue, printJson } from '../package/json.ts';

/** What a package keeps of an image's configuration (s9pk-v2 section 6.4). */
export interface ContainerConfig {
  /** `NAME=value` strings in the image's order. */
  readonly env: readonly string[];
  readonly workdir: string;
  readonly user: string;
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
}

/** The configuration of an image that comes without one, such as a bare root file system. */
export const DEFAULT_CONFIG: ContainerConfig = { env: [], workdir: '/', user: 'root', entrypoint: null, cmd: null };

/** What a package keeps of the `config` of an image's configuration. */
export function toContainerConfig(value: JsonValue | undefined): ContainerConfig {
  const config: JsonObject = isObject(value) ? value : new Map();
  const texts = (key: string) => {
    const list = config.get(key);
    return Array.isArray(list) ? list.map(String) : null;
  };
  const text = (key: string) => (typeof config.get(key) === 'string' ? String(config.get(key)) : '');
  return {
    env: texts('Env') ?? [],
    workdir: text('WorkingDir'),
    user: text('User'),
    entrypoint: texts('Entrypoint'),
    cmd: texts('Cmd'),
  };
}

const encoder = new TextEncoder();

/** The bytes of `<image>.json`, as the reference writes them. */
export function encodeConfigJson(config: ContainerConfig): Uint8Array {
  const list = (items: readonly string[] | null) => items && [...items];
  return encoder.encode(
    printJson(
      new Map<string, string | string[] | null>([
        ['workdir', config.workdir || '/'],
        ['user', config.user || 'root'],
        ['entrypoint', list(config.entrypoint)],
        ['cmd', list(config.cmd)],
      ]),
    ),
  );
}

/** The bytes of `<image>.env`: one variable a line, no line end after the last. */
export function encodeConfigEnv(config: ContainerConfig): Uint8Array {
  return encoder.encode(config.env.join('\n'));
}

/** Variables that devices will misread: the format has no way to write a line end in a value. */
export function checkEnv(config: ContainerConfig, path: string): Finding[] {
  return config.env
    .filter((variable) => /[\r\n]/.test(variable))
    .map((variable) => {
      const name = variable.split('=')[0];
      const message = `the environment variable ${name} holds a line end; devices will cut its value there`;
      return finding('image-env', message, { path });
    });
}
