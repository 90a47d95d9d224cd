import type { ManifestReading } from '../lint-manifest.ts';
import type { DataNode } from '../meaning/data-tree.ts';
import type { Span } from '../text/tree.ts';
import { ownProperties } from './places.ts';

/** A key with what is below it, for the outline and the breadcrumbs. */
export interface ManifestSymbol {
  readonly name: string;
  /** A short value, as it is shown beside the name. */
  readonly detail: string;
  readonly kind: 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null';
  /** All of it, and its name. */
  readonly span: Span;
  readonly nameSpan: Span;
  readonly children: readonly ManifestSymbol[];
}

const MAX_DETAIL = 40;
const MAX_DEPTH = 50;

/** The outline of a manifest that is plain data. */
export function documentSymbols(reading: ManifestReading, file: string): ManifestSymbol[] {
  const root = reading.worlds[0].manifest;
  return root.module.file === file ? childrenOf(root, 0) : [];
}

function childrenOf(node: DataNode, depth: number): ManifestSymbol[] {
  if (depth > MAX_DEPTH) return [];
  if (node.kind === 'array') {
    return node.items.flatMap((item, index) =>
      item.kind === 'object' && item.end > item.start
        ? [
            {
              ...describe(item),
              name: String(index + 1),
              span: item,
              nameSpan: { start: item.start, end: item.start },
              children: childrenOf(item, depth + 1),
            },
          ]
        : [],
    );
  }
  if (node.kind !== 'object') return [];
  return ownProperties(node).map(({ key, keySpan, span, value }) => {
    // A TOML table ends after the last of what is in it.
    const isTable = value.module === node.module && value.kind === 'object' && span.end === keySpan.end;
    const end = isTable ? Math.max(value.end, keySpan.end) : span.end;
    return {
      ...describe(value),
      name: key === '' ? '""' : key,
      span: { start: keySpan.start, end },
      nameSpan: keySpan,
      children: childrenOf(value, depth + 1),
    };
  });
}

function describe(node: DataNode): Pick<ManifestSymbol, 'detail' | 'kind'> {
  if (node.kind === 'object' || node.kind === 'array') return { detail: '', kind: node.kind };
  if (node.kind === 'unknown' || node.value === null) return { detail: '', kind: 'null' };
  const text = String(node.value).split('\n')[0] ?? '';
  const kind = typeof node.value as 'string' | 'number' | 'boolean';
  return { detail: text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}…` : text, kind };
}

/** What can be folded: everything that goes over several lines. */
export function foldingSpans(reading: ManifestReading, file: string): Span[] {
  const root = reading.worlds[0].manifest;
  const { text } = root.module.text;
  const spans: Span[] = [];
  const visit = (symbols: readonly ManifestSymbol[]) => {
    for (const { span, children } of symbols) {
      const end = text.slice(0, span.end).trimEnd().length;
      if (text.slice(span.start, end).includes('\n')) spans.push({ start: span.start, end });
      visit(children);
    }
  };
  visit(documentSymbols(reading, file));
  return spans;
}
