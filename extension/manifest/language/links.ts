import { pointer } from '../../engine/json/json-pointer.ts';
import { wrapperFolder } from '../fixes.ts';
import { dataOf, type ManifestReading } from '../lint-manifest.ts';
import { child, type DataNode, stringOf } from '../meaning/data-tree.ts';
import { pathsLike } from '../paths.ts';
import { resolveSchema, rootSchema, type Schema } from '../schema/schema.ts';
import type { Span } from '../text/tree.ts';

/** Something in a manifest that leads elsewhere. */
export interface ManifestLink {
  readonly pointer: string;
  readonly file: string;
  readonly span: Span;
  readonly target: { readonly url: string } | { readonly path: string };
}

/** The URLs and paths that a manifest names, and the Dockerfile that `dockerBuild` implies. */
export function linksOf(reading: ManifestReading): ManifestLink[] {
  const links: ManifestLink[] = [];
  const folder = wrapperFolder(reading);
  const { join, resolve } = pathsLike(folder);
  const visit = (node: DataNode, raw: Schema, path: string) => {
    const schema = resolveSchema(reading.generation, raw, node);
    const text = stringOf(node);
    if (text !== undefined && node.end > node.start) {
      const at = { pointer: path, file: node.module.file, span: inner(node) };
      if (/^https?:\/\//i.test(text) && URL.canParse(text)) links.push({ ...at, target: { url: text } });
      else if (schema['x-path'] && text !== '' && !URL.canParse(text))
        links.push({ ...at, target: { path: resolve(folder, text) } });
    }
    if (node.kind === 'array' && schema.items)
      for (const [index, item] of node.items.entries()) visit(item, schema.items, pointer(path, index));
    if (node.kind !== 'object') return;
    for (const { key, keySpan, module, value } of node.properties) {
      const at = pointer(path, key);
      if (key === 'dockerBuild' && value.kind === 'object' && !child(value, 'dockerfile')) {
        const target = { path: join(folder, stringOf(child(value, 'workdir')) ?? '.', 'Dockerfile') };
        links.push({ pointer: at, file: module.file, span: keySpan, target });
      }
      const own = schema.properties?.[key] ?? schema.additionalProperties;
      visit(value, typeof own === 'object' ? own : {}, at);
    }
  };
  visit(dataOf(reading), rootSchema(reading.generation), '');
  return links;
}

/** A text without its quotes. */
function inner({ module, start, end }: DataNode): Span {
  return /["'`]/.test(module.text.text[start] ?? '') && end - start >= 2
    ? { start: start + 1, end: end - 1 }
    : { start, end };
}
