import type { DataNode } from '../../meaning/data-tree.ts';
import { type Code, call, object, print, quote, quoteOrNull } from '../code.ts';
import { type CodeFile, SDK } from '../code-file.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { variable } from '../names.ts';
import { at, entriesAt, isTrueAt, textAt } from '../read.ts';

const MODULE = 'startos/mounts';

/** Functions that give mounts, by what they mount: procedures with the same mounts share one. */
const named = new WeakMap<Draft, Map<string, string>>();

/**
 * Code that gives what a procedure mounts, for a function that has `effects`.
 * @param id what the function that is written for it is named after
 */
export function mountsCode(draft: Draft, procedure: DataNode | undefined, id: string, file: CodeFile): string {
  const mounts = entriesAt(procedure, 'mounts').flatMap(([volume, path]) => {
    const mountpoint = textAt(path);
    return mountpoint === undefined || volume === 'BACKUP' ? [] : [{ volume, mountpoint }];
  });
  const known = named.get(draft) ?? new Map<string, string>();
  named.set(draft, known);
  const key = JSON.stringify(mounts);
  let name = known.get(key);
  if (name === undefined) {
    name = variable(id, 'Mounts');
    known.set(key, name);
    writeMounts(draft, name, mounts);
  }
  return `await ${file.use(name, MODULE)}(effects)`;
}

function writeMounts(draft: Draft, name: string, mounts: readonly { volume: string; mountpoint: string }[]): void {
  const file = draft.file(`${MODULE}.ts`);
  const always: Code[] = [];
  const lines: string[] = [];
  for (const { volume, mountpoint } of mounts) {
    const node = at(draft.manifest, 'volumes', volume);
    switch (textAt(node, 'type')) {
      case 'data':
        always.push(
          call(
            '.mountVolume',
            object({
              volumeId: quote(volume),
              subpath: 'null',
              mountpoint: quote(mountpoint),
              readonly: 'false',
            }),
          ),
        );
        break;
      case 'assets':
        always.push(call('.mountAssets', object({ subpath: quote(volume), mountpoint: quote(mountpoint) })));
        break;
      case 'pointer':
        lines.push(...dependencyLines(node, mountpoint));
        break;
      case 'certificate': {
        const what = `${mountpoint} held the certificate of the interface "${textAt(node, 'interface-id')}"; ask for it with sdk.getSslCertificate and write it where the service looks`;
        lines.push(`  ${mark('migrate-main', what)}`);
        break;
      }
    }
  }
  const first = [`${file.use('sdk', 'startos/sdk')}.Mounts.of()`, ...always.map((code) => print(code, 4))];
  const chain = first.length > 2 ? first.join('\n    ') : first.join('');
  const hasLater = lines.some((line) => !line.trimStart().startsWith('//'));
  const parameter = hasLater ? 'effects' : '_effects';
  const intro = hasLater
    ? [
        `  let mounts = ${chain};`,
        '  const installed = await effects.getInstalledPackages();',
        ...lines,
        '  return mounts;',
      ]
    : [...lines, `  return ${chain};`];
  file.add([`export async function ${name}(${parameter}: ${file.use('type T', SDK)}.Effects) {`, ...intro, '}']);
}

/** A folder of another package is there only while that package is. */
function dependencyLines(volume: DataNode | undefined, mountpoint: string): string[] {
  const dependency = textAt(volume, 'package-id') ?? '';
  const path = (textAt(volume, 'path') ?? '').replace(/^\/+|\/+$/g, '');
  const volumeId = textAt(volume, 'volume-id') ?? 'main';
  const options = object({
    dependencyId: quote(dependency),
    volumeId: quote(volumeId),
    subpath: quoteOrNull(path === '' || path === '.' ? undefined : path),
    mountpoint: quote(mountpoint),
    readonly: String(isTrueAt(volume, 'readonly')),
  });
  const what = `see whether ${dependency} for StartOS 0.4 still has the volume "${volumeId}" with ${path === '' ? 'all of this' : path} in it`;
  return [
    `  ${mark('migrate-dependency', what)}`,
    `  if (installed.includes(${quote(dependency)})) {`,
    `    mounts = ${print(call('mounts.mountDependency', options), 4)};`,
    '  }',
  ];
}

/** Packages whose volumes are mounted, whether or not they are dependencies. */
export function mountedPackages(draft: Draft): string[] {
  return entriesAt(draft.manifest, 'volumes').flatMap(([, volume]) => {
    const id = textAt(volume, 'type') === 'pointer' ? textAt(volume, 'package-id') : undefined;
    return id === undefined || id === draft.oldId ? [] : [id];
  });
}
