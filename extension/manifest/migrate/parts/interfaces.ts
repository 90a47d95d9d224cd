import type { DataNode } from '../../meaning/data-tree.ts';
import { call, list, object, print, quote } from '../code.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { variable } from '../names.ts';
import { entriesAt, isTrueAt, numberAt, textAt, textsAt } from '../read.ts';

const MODULE = 'startos/interfaces.ts';
/** Ports at which browsers look. */
const WEB_PORTS = [80, 443, 8080, 8443];

/** A port inside the container, and what of the interfaces of 0.3 leads to it. */
export interface Binding {
  readonly port: number;
  readonly protocol: 'http' | 'ssh' | undefined;
  /** The port outside without TLS: that of Tor, or of the LAN where it has none. */
  readonly plainPort: number | undefined;
  /** The port outside for which StartOS does TLS. */
  readonly sslPort: number | undefined;
  readonly interfaces: readonly { readonly id: string; readonly of: string; readonly node: DataNode }[];
  /** Nothing in the manifest says what is spoken here. */
  readonly isUnsure: boolean;
}

interface Way {
  readonly external: number;
  readonly internal: number;
  readonly ssl: boolean;
}

const known = new WeakMap<Draft, readonly Binding[]>();

/** All ports that the interfaces of 0.3 lead to, in their order: interfaces that share a port share a binding. */
export function bindingsOf(draft: Draft): readonly Binding[] {
  const found = known.get(draft) ?? findBindings(draft);
  known.set(draft, found);
  return found;
}

function findBindings(draft: Draft): Binding[] {
  const byPort = new Map<number, Binding>();
  for (const [id, node] of entriesAt(draft.manifest, 'interfaces')) {
    const ways = waysOf(node);
    const ports = [...new Set(ways.map(({ internal }) => internal))];
    for (const [index, port] of ports.entries()) {
      const own = ways.filter(({ internal }) => internal === port);
      const external = own[0]?.external ?? port;
      const entry = { id: index === 0 ? id : `${id}-${external}`, of: id, node };
      const other = byPort.get(port);
      byPort.set(port, other ? { ...other, interfaces: [...other.interfaces, entry] } : bind(port, own, node, entry));
    }
  }
  return [...byPort.values()];
}

/** The port at which the service's own page is, else the first one. */
export function primaryPort(draft: Draft): number | undefined {
  const bindings = bindingsOf(draft);
  const ui = bindings.find(({ interfaces }) => interfaces.some(({ node }) => isTrueAt(node, 'ui')));
  return (ui ?? bindings[0])?.port;
}

/** The ways to an interface, those of the LAN first. */
function waysOf(node: DataNode): Way[] {
  const lan = entriesAt(node, 'lan-config').flatMap(([port, entry]) => {
    const internal = numberAt(entry, 'internal') ?? numberAt(entry, 'mapping');
    return internal === undefined ? [] : [{ external: Number(port), internal, ssl: isTrueAt(entry, 'ssl') }];
  });
  const tor = entriesAt(node, 'tor-config', 'port-mapping').flatMap(([port, entry]) => {
    const internal = Number(textAt(entry) ?? numberAt(entry));
    return isPort(internal) ? [{ external: Number(port), internal, ssl: false }] : [];
  });
  return [...lan, ...tor].filter(({ external, internal }) => isPort(external) && isPort(internal));
}

const isPort = (port: number) => Number.isInteger(port) && port > 0 && port < 65_536;

function bind(port: number, ways: readonly Way[], node: DataNode, entry: Binding['interfaces'][number]): Binding {
  const protocols = textsAt(node, 'protocols').map((word) => word.toLowerCase());
  const ssl = ways.find((way) => way.ssl);
  const plain = ways.findLast((way) => !way.ssl);
  const isWeb = ways.some((way) => WEB_PORTS.includes(way.external));
  const isSsh = protocols.includes('ssh') && ways.some(({ external }) => external === 22);
  const saysHttp = protocols.includes('http') || protocols.includes('https');
  const isHttp = saysHttp && !isSsh && isWeb;
  const base = { port, plainPort: plain?.external, sslPort: ssl?.external, interfaces: [entry] };
  if (isSsh) return { ...base, protocol: 'ssh', isUnsure: false };
  if (isHttp) return { ...base, protocol: 'http', isUnsure: protocols.includes('grpc') };
  // Interfaces with a LAN address had to say "http", whatever they speak.
  return { ...base, protocol: undefined, isUnsure: true };
}

/** `startos/interfaces.ts`. */
export function writeInterfaces(draft: Draft): void {
  const file = draft.file(MODULE);
  const bindings = bindingsOf(draft);
  const sdk = file.use('sdk', 'startos/sdk');
  for (const { port } of bindings)
    file.add([
      ...(port === primaryPort(draft) ? ['/** The port at which the service is asked whether it is ready. */'] : []),
      `export const ${portName(draft, port)} = ${port};`,
    ]);
  if (bindings.length === 0) {
    file.add([`export const setInterfaces = ${sdk}.setupInterfaces(async () => []);`]);
    return;
  }
  const lines: string[] = [];
  const receipts: string[] = [];
  const hosts = new Set<string>();
  for (const binding of bindings) {
    const [first] = binding.interfaces;
    // Ports of one interface of 0.3 are ports of one host.
    const host = variable(first?.of ?? 'service', 'Host');
    const origin = variable(first?.id ?? 'service', 'Origin');
    if (!hosts.has(host))
      lines.push(`  const ${host} = ${sdk}.MultiHost.of(effects, ${quote(first?.of ?? 'service')});`);
    hosts.add(host);
    if (binding.isUnsure) {
      const words = [...new Set(binding.interfaces.flatMap(({ node }) => textsAt(node, 'protocols')))].join(', ');
      const guess = binding.protocol === 'http' ? 'taken for HTTP' : 'taken for plain TCP';
      const what = `port ${binding.port} is ${guess}; the manifest says only: ${words}`;
      lines.push(`  ${mark('migrate-interface', what)}`);
    }
    const options = bindOptions(binding);
    lines.push(
      `  const ${origin} = await ${print(call(`${host}.bindPort`, portName(draft, binding.port), options), 2)};`,
    );
    const names: string[] = [];
    for (const { id, of, node } of binding.interfaces) {
      const name = variable(id, '');
      const label = textAt(node, 'name') ?? id;
      names.push(name);
      const fields = object({
        name: file.say(id === of ? label : `${label} (${id.slice(of.length + 1)})`),
        id: quote(id),
        description: file.say((textAt(node, 'description') ?? label).trim()),
        type: quote(typeOf(binding, id, node)),
        masked: 'false',
        schemeOverride: 'null',
        username: 'null',
        path: quote(''),
        query: object({}),
      });
      lines.push(`  const ${safe(name)} = ${print(call(`${sdk}.createInterface`, 'effects', fields), 2)};`);
    }
    receipts.push(`await ${origin}.export(${print(list(names.map(safe)))})`);
  }
  file.add([
    `export const setInterfaces = ${sdk}.setupInterfaces(async ({ effects }) => {`,
    ...lines,
    `  return ${print(list(receipts), 2)};`,
    '});',
  ]);
}

/** A variable for an interface, which cannot be a word of the language or one of ours. */
function safe(name: string): string {
  return `${name}Interface`;
}

function typeOf({ protocol }: Binding, id: string, node: DataNode): 'ui' | 'api' | 'p2p' {
  if (isTrueAt(node, 'ui') && protocol === 'http') return 'ui';
  return /peer|p2p/i.test(id) ? 'p2p' : 'api';
}

function bindOptions({ protocol, plainPort, sslPort, port }: Binding) {
  if (protocol !== undefined)
    return object({
      protocol: quote(protocol),
      preferredExternalPort: plainPort === undefined ? undefined : String(plainPort),
      addSsl: sslPort === undefined || sslPort === 443 ? undefined : object({ preferredExternalPort: String(sslPort) }),
    });
  const ssl = object({
    preferredExternalPort: String(sslPort),
    addXForwardedHeaders: 'false',
    alpn: 'null',
    auth: 'null',
  });
  return object({
    protocol: 'null',
    preferredExternalPort: String(plainPort ?? sslPort ?? port),
    addSsl: sslPort === undefined ? 'null' : ssl,
    secure: 'null',
  });
}

/** What the constant of a port is called. */
export function portName(draft: Draft, port: number): string {
  const binding = bindingsOf(draft).find((candidate) => candidate.port === port);
  return variable(binding?.interfaces[0]?.id ?? 'service', 'Port');
}
