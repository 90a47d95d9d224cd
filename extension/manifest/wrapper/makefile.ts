import { join } from 'node:path';
import { type Finding, finding } from '../../engine/finding.ts';
import { readText } from '../../engine/io/whole-file.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import { positionOf } from '../../engine/line-table.ts';
import { child, type DataNode, keysOf, stringOf } from '../meaning/data-tree.ts';

/** What the SDK's make file calls the architectures. */
const ARCHITECTURE: Readonly<Record<string, string>> = {
  x86: 'x86_64',
  x86_64: 'x86_64',
  arm: 'aarch64',
  arm64: 'aarch64',
  aarch64: 'aarch64',
  riscv: 'riscv64',
  riscv64: 'riscv64',
};
const ALL = ['x86', 'arm', 'riscv'];

/** Where a Makefile that uses the SDK's `s9pk.mk` and the manifest say different things. */
export async function checkMakefile(folder: string, root: DataNode): Promise<Finding[]> {
  const file = join(folder, 'Makefile');
  const text = await readText(file);
  if (text === undefined || !/^-?include\s.*s9pk\.mk\s*(?:#.*)?$/m.test(text)) return [];
  return [...checkArchitectures(file, text, root), ...(await checkId(folder, root))];
}

function checkArchitectures(file: string, text: string, root: DataNode): Finding[] {
  // What make decides or adds to cannot be seen so simply.
  if (/^\s*(?:ifn?(?:eq|def)|define)\b|^[ \t]*(?:export[ \t]+)?ARCHES\s*\+=/m.test(text)) return [];
  const line = [...text.matchAll(/^(?:override[ \t]+|export[ \t]+)?ARCHES[ \t]*:{0,2}\??=[ \t]*([^#\n]*)/gm)].at(-1);
  const words = line ? (line[1] ?? '').trim().split(/\s+/).filter(Boolean) : ALL;
  // What make computes cannot be seen.
  if (words.some((word) => !Object.hasOwn(ARCHITECTURE, word))) return [];
  const packed = words.map((word) => ARCHITECTURE[word] ?? word);
  const { line: number, column } = positionOf(text, line?.index ?? 0);
  const where = line
    ? { file, line: number, column, endLine: number, endColumn: column + (line[0]?.trimEnd().length ?? 0) }
    : { file };
  const findings: Finding[] = [];
  const images = child(root, 'images');
  for (const id of keysOf(images)) {
    const arch = child(child(images, id), 'arch');
    const hasImage = child(images, id)?.kind === 'object';
    if (
      !hasImage ||
      (arch && (arch.kind !== 'array' || arch.isOpen || arch.items.some((item) => item.kind === 'unknown')))
    )
      continue;
    const own =
      arch?.kind === 'array' ? arch.items.flatMap((item) => stringOf(item) ?? []) : ['x86_64', 'aarch64', 'riscv64'];
    const missing = packed.filter((name) => !own.includes(name));
    const unused = own.filter((name) => !packed.includes(name));
    if (missing.length > 0) {
      const by = line ? 'ARCHES packs' : 'without ARCHES, make packs';
      findings.push(
        finding(
          'makefile-arch',
          `${by} for ${missing.join(', ')}, for which the image "${id}" is not made: ${becomes(child(images, id))}`,
          where,
        ),
      );
    }
    if (unused.length > 0) {
      const message = `the Makefile packs nothing for ${unused.join(', ')}, for which this image is made`;
      findings.push(
        finding('makefile-arch', message, { path: arch ? `${pointer('/images', id)}/arch` : pointer('/images', id) }),
      );
    }
  }
  return findings;
}

/** What becomes of an image on an architecture that it is not made for. */
function becomes(image: DataNode | undefined): string {
  const says = (key: string, value: null | false) => {
    const node = child(image, key);
    return node?.kind === 'value' && node.value === value;
  };
  const isOff = says('emulateMissing', false) || says('emulateMissingAs', null);
  return isOff ? 'it would be missing, as it is not emulated' : 'it would be emulated';
}

/**
 * `s9pk.mk` does not parse the manifest: it takes what stands between the first single quotes of every line with `id:` in
 * startos/manifest/index.ts.
 */
async function checkId(folder: string, root: DataNode): Promise<Finding[]> {
  const id = stringOf(child(root, 'id'));
  const text = await readText(join(folder, 'startos', 'manifest', 'index.ts'));
  if (id === undefined || text === undefined) return [];
  const words = text
    .split('\n')
    .filter((line) => line.includes('id:'))
    .map((line) => line.split("'")[1] ?? '');
  if (words.length === 1 && words[0] === id) return [];
  const message =
    words.length === 0
      ? `s9pk.mk finds no id: it needs one line id: '${id}' in startos/manifest/index.ts`
      : `s9pk.mk takes "${words.join(' ')}" for the id: it reads every line with "id:", and only single quotes`;
  return [finding('makefile-id', message, { path: '/id' })];
}
