import { pointer } from '../../engine/json/json-pointer.ts';
import type { ManifestReading } from '../lint-manifest.ts';
import type { DataNode, DataObject, DataProperty } from '../meaning/data-tree.ts';
import type { Span } from '../text/tree.ts';

/** A node of the manifest that stands in a certain file, and where in the manifest it is. */
export interface PlacedNode {
  readonly pointer: string;
  readonly node: DataNode;
}

/**
 * The objects and lists of a manifest that stand in `file`, outer before inner. What is used in several places counts
 * for the first of them, what only some environments use counts too.
 */
export function containersIn(reading: ManifestReading, file: string): PlacedNode[] {
  const found: PlacedNode[] = [];
  const seen = new Set<string>();
  const visit = (node: DataNode, path: string) => {
    if (node.kind !== 'object' && node.kind !== 'array') return;
    const key = `${node.module.file}:${node.start}:${node.end}`;
    if (!seen.has(key) && node.module.file === file) found.push({ pointer: path, node });
    seen.add(key);
    if (node.kind === 'object') for (const item of node.properties) visit(item.value, pointer(path, item.key));
    else for (const [index, item] of node.items.entries()) visit(item, pointer(path, index));
  };
  for (const world of reading.worlds) visit(world.manifest, '');
  return found;
}

/** The properties of an object that are written inside it, in the order of the text. */
export function ownProperties(object: DataObject): DataProperty[] {
  return object.properties
    .filter(({ module, keySpan }) => module === object.module && (isTable(object) || contains(object, keySpan)))
    .toSorted((a, b) => a.keySpan.start - b.keySpan.start);
}

/** TOML tables may be written in pieces, anywhere. */
function isTable({ module, start }: DataObject): boolean {
  return module.text.language === 'toml' && module.text.text[start] !== '{';
}

function contains(outer: Span, inner: Span): boolean {
  return inner.start >= outer.start && inner.end <= outer.end;
}

/** The key or value at an offset, with its pointer: what a hover or a jump is about. */
export interface Spot {
  readonly pointer: string;
  /** What is under the cursor: the key, or the value. */
  readonly span: Span;
  readonly node: DataNode;
}

/** What stands at an offset of a file; undefined between things. */
export function spotAt(reading: ManifestReading, file: string, offset: number): Spot | undefined {
  let best: Spot | undefined;
  const offer = (spot: Spot) => {
    const { start, end } = spot.span;
    if (offset < start || offset > end || start === end) return;
    if (!best || end - start <= best.span.end - best.span.start) best = spot;
  };
  for (const { pointer: path, node } of containersIn(reading, file)) {
    if (node.kind === 'object') {
      for (const item of ownProperties(node)) {
        const at = pointer(path, item.key);
        offer({ pointer: at, span: item.keySpan, node: item.value });
        if (isScalarIn(item.value, file)) offer({ pointer: at, span: item.value, node: item.value });
      }
    } else if (node.kind === 'array') {
      for (const [index, item] of node.items.entries()) {
        if (isScalarIn(item, file)) offer({ pointer: pointer(path, index), span: item, node: item });
      }
    }
  }
  return best;
}

function isScalarIn(node: DataNode, file: string): boolean {
  return node.kind === 'value' && node.module.file === file;
}
