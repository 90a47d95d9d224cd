import { type Code, keyOf, object, objectOf, print, quote } from '../code.ts';
import type { Draft } from '../draft.ts';
import { mark, onOneLine } from '../marks.ts';
import { at, entriesAt, textAt } from '../read.ts';
import { seeSources } from '../scripts.ts';
import { mountedPackages } from './mounts.ts';
import { newRange } from './versions.ts';

interface Dependency {
  readonly id: string;
  readonly description: string | undefined;
  readonly range: string;
  readonly requirement: string;
  /** When it is needed, in words. */
  readonly how: string | undefined;
  readonly isConfigured: boolean;
}

/** What the manifest names, and packages whose volumes are mounted without being named. */
function dependenciesOf(draft: Draft): Dependency[] {
  const named = entriesAt(draft.manifest, 'dependencies').map(([id, node]) => ({
    id,
    description: textAt(node, 'description'),
    range: newRange(textAt(node, 'version') ?? '*'),
    requirement: textAt(node, 'requirement', 'type') ?? 'opt-in',
    how: textAt(node, 'requirement', 'how'),
    isConfigured: at(node, 'config')?.kind === 'object',
  }));
  const ids = new Set(named.map(({ id }) => id));
  const mounted = [...new Set(mountedPackages(draft))].filter((id) => !ids.has(id));
  const base = { description: undefined, range: '*', requirement: 'opt-in', how: undefined, isConfigured: false };
  return [...named, ...mounted.map((id) => ({ id, ...base }))];
}

/** `startos/manifest/dependencies.ts` and, where there are some, `startos/dependencies.ts`. */
export function writeDependencies(draft: Draft): boolean {
  const dependencies = dependenciesOf(draft);
  const manifest = draft.file('startos/manifest/dependencies.ts');
  const entries = dependencies.map(({ id, description, requirement }) => ({
    key: id,
    value: object({
      description: description === undefined ? 'null' : object({ en_US: quote(description.trim()) }),
      optional: String(requirement !== 'required'),
      s9pk: 'null',
    }),
  }));
  manifest.add([
    '/** Other services that this one uses; what of them must run is in ../dependencies.ts. */',
    `export const dependencies = ${print(objectOf(entries))};`,
  ]);
  if (dependencies.length === 0) return false;
  const file = draft.file('startos/dependencies.ts');
  const required = dependencies.filter(({ requirement }) => requirement === 'required');
  const others = dependencies.filter(({ requirement }) => requirement !== 'required');
  const result = objectOf(
    required.map((dependency) => ({
      key: dependency.id,
      above: configured(draft, dependency),
      value: need(dependency),
    })),
  );
  const body = print(result, 0);
  file.add([
    ...others.flatMap((dependency) => [
      mark('migrate-dependency', optional(dependency)),
      `// ${onOneLine(`${keyOf(dependency.id)}: ${print(need(dependency), -1000)}`)},`,
      ...configured(draft, dependency),
    ]),
    `export const setDependencies = ${file.use('sdk', 'startos/sdk')}.setupDependencies(async () => (${body}));`,
  ]);
  return true;
}

function optional({ id, requirement, how }: Dependency): string {
  const when =
    requirement === 'opt-out' ? 'needed unless the user chose otherwise' : 'needed only if the user chose it';
  const words = how === undefined ? '' : ` ("${how.trim()}")`;
  return `${id} was ${when}${words}; return it below where it is needed, by what is configured:`;
}

function need({ range }: Dependency): Code {
  return object({ kind: quote('running'), versionRange: quote(range), healthChecks: '[]' });
}

/** What checked and changed the configuration of the other service. */
function configured(draft: Draft, { id, isConfigured }: Dependency): string[] {
  if (!isConfigured) return [];
  const what = `scripts checked the configuration of ${id} and changed it${seeSources(draft, /\bdependencies\b/)}; in 0.4 ask for it with sdk.action.createTask`;
  return [mark('migrate-dependency', what)];
}
