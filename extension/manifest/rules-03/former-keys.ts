/**
 * Keys that no 0.3.5.1 tool reads but that old documentation, older versions or habit put into manifests, and what to
 * write instead (s9pk-v1 sections 3 and 9).
 */

interface FormerKey {
  /** Pattern of the object's pointer. */
  readonly where: RegExp;
  readonly key: string;
  readonly hint: string;
  /** The key to rename it to, where that is all there is to do. */
  readonly renameTo?: string;
}

const PROCEDURE =
  /^\/(?:main|properties|config\/[gs]et|backup\/\w+|migrations\/(?:from|to)\/[^/]+|actions\/[^/]+\/implementation|health-checks\/[^/]+|dependencies\/[^/]+\/config\/[\w-]+)$/;

const FORMER_KEYS: readonly FormerKey[] = [
  { where: /^$/, key: 'min-os-version', hint: 'it was never read; write eos-version', renameTo: 'eos-version' },
  { where: /^$/, key: 'min-eos-version', hint: 'it was never read; write eos-version', renameTo: 'eos-version' },
  { where: /^$/, key: 'environment', hint: 'environment variables are set in the image or its entrypoint' },
  { where: /^$/, key: 'install-alert', hint: 'write install in alerts' },
  ...['install', 'uninstall', 'restore', 'start', 'stop'].map((name) => ({
    where: /^\/alerts$/,
    key: `${name}-alert`,
    hint: `write "${name}"`,
    renameTo: name,
  })),
  {
    where: /^\/health-checks\/[^/]+$/,
    key: 'description',
    hint: 'health checks have no description in 0.3; write success-message',
  },
  { where: /^\/health-checks\/[^/]+$/, key: 'critical', hint: 'it belonged to StartOS 0.2' },
  {
    where: /^\/health-checks\/[^/]+$/,
    key: 'implementation',
    hint: "the procedure's keys stand beside name, not below it",
  },
  { where: /^\/dependencies\/[^/]+$/, key: 'critical', hint: 'it belonged to StartOS 0.2; write requirement' },
  { where: /^\/dependencies\/[^/]+$/, key: 'optional', hint: 'write requirement: {type: opt-in, how: ...}' },
  { where: /^\/dependencies\/[^/]+$/, key: 'recommended', hint: 'write requirement: {type: opt-out, how: ...}' },
  { where: /^\/dependencies\/[^/]+$/, key: 'requires-runtime-config', hint: 'it belonged to StartOS 0.2' },
  { where: /^\/dependencies\/[^/]+$/, key: 'mount-public', hint: 'write a volume of the type pointer' },
  { where: /^\/volumes\/[^/]+$/, key: 'app-id', hint: 'write package-id', renameTo: 'package-id' },
  { where: /^\/actions\/[^/]+\/input-spec\//, key: 'valueNames', hint: 'write value-names', renameTo: 'value-names' },
  { where: /^\/actions\/[^/]+\/input-spec\//, key: 'change-warning', hint: 'write warning', renameTo: 'warning' },
  { where: PROCEDURE, key: 'shm-size', hint: 'write shm-size-mb', renameTo: 'shm-size-mb' },
];

function find(path: string, key: string): FormerKey | undefined {
  return FORMER_KEYS.find((former) => former.key === key && former.where.test(path));
}

/** What became of a key in the object at `path`; undefined if nothing is known about it. */
export function formerKey(path: string, key: string): string | undefined {
  return find(path, key)?.hint;
}

/** The name to write instead. */
export function renamedKey(path: string, key: string): string | undefined {
  return find(path, key)?.renameTo;
}
