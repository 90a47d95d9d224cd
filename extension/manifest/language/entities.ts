import { isId } from '../../engine/package/id.ts';
import type { TextEdit } from '../edits/edit.ts';
import { rendererOf } from '../edits/render.ts';
import type { ManifestReading } from '../lint-manifest.ts';
import type { DataNode, DataProperty } from '../meaning/data-tree.ts';
import type { Module } from '../meaning/modules.ts';
import { type EntityKind, resolveSchema, rootSchema, type Schema } from '../schema/schema.ts';
import type { Span } from '../text/tree.ts';

/** One place where the manifest, or the wrapper's code, names a volume, an image or the like. */
export interface EntityMention {
  readonly kind: EntityKind;
  readonly id: string;
  readonly isDeclaration: boolean;
  readonly file: string;
  /** The key or the text, with its quotes. */
  readonly span: Span;
  /** What to write for another id; absent where the id comes from elsewhere and is used for other things too. */
  readonly render?: (id: string) => string;
  /** The text that `span` is about. */
  readonly text: string;
}

const MAX_DEPTH = 40;

/** Everything that a manifest declares and refers to, by what its schema says. */
export function entitiesOf(reading: ManifestReading): EntityMention[] {
  const found = new Map<string, EntityMention>();
  const addKey = (kind: EntityKind, item: DataProperty, isDeclaration: boolean) => {
    const { key, keySpan, module, keyIsText } = item;
    if (!keyIsText) return add(kind, key, isDeclaration, module, keySpan);
    // A text is written as a value; a constant's may be used elsewhere, too.
    const owner: DataNode = { kind: 'unknown', module, ...(keyIsText === 'here' ? keySpan : { start: 0, end: 0 }) };
    add(kind, key, isDeclaration, module, keySpan, owner);
  };
  const add = (kind: EntityKind, id: string, isDeclaration: boolean, module: Module, span: Span, owner?: DataNode) => {
    if (id === 'BACKUP' || id === '' || span.end <= span.start) return;
    // A value that a name stands for may be used elsewhere, too.
    const isOwn = !owner || (owner.module === module && owner.start <= span.start && span.end <= owner.end);
    const { text, language } = module.text;
    const renderer = rendererOf(language);
    const render = (other: string) => (owner ? renderer.value(other, 0) : renderer.key(other));
    found.set(`${module.file}:${span.start}:${kind}`, {
      ...{ kind, id, isDeclaration, file: module.file, span, text },
      ...(isOwn && { render }),
    });
  };
  const visit = (node: DataNode, raw: Schema, owner: DataNode, depth: number) => {
    if (depth > MAX_DEPTH) return;
    const schema = resolveSchema(reading.generation, raw, node);
    const declares = schema['x-declares'];
    if (node.kind === 'value' && typeof node.value === 'string' && schema['x-references']) {
      add(schema['x-references'], node.value, false, node.module, node, owner);
    } else if (node.kind === 'array') {
      for (const item of node.items) {
        if (declares && item.kind === 'value' && typeof item.value === 'string')
          add(declares, item.value, true, item.module, item, node);
        if (schema.items) visit(item, schema.items, node, depth + 1);
      }
    } else if (node.kind === 'object') {
      for (const item of node.properties) {
        const { key, value } = item;
        if (declares) addKey(declares, item, true);
        if (schema['x-references-keys']) addKey(schema['x-references-keys'], item, false);
        const own = schema.properties?.[key] ?? schema.additionalProperties;
        const skips = own && key === 'image' && isSystemProcedure(node);
        if (typeof own === 'object' && !skips) visit(value, own, node, depth + 1);
      }
    }
  };
  for (const { manifest } of reading.worlds) visit(manifest, rootSchema(reading.generation), manifest, 0);
  return [...found.values()];
}

/** The images of StartOS itself are not the manifest's own. */
function isSystemProcedure(node: DataNode): boolean {
  if (node.kind !== 'object') return false;
  const system = node.properties.find((item) => item.key === 'system')?.value;
  return system?.kind === 'value' && system.value === true;
}

/** The mention at an offset. */
export function mentionAt(mentions: readonly EntityMention[], file: string, offset: number): EntityMention | undefined {
  return mentions.find((item) => item.file === file && item.span.start <= offset && offset <= item.span.end);
}

/** All mentions of the same thing. */
export function mentionsOf(mentions: readonly EntityMention[], { kind, id }: EntityMention): EntityMention[] {
  return mentions.filter((item) => item.kind === kind && item.id === id);
}

/** Where a thing is declared; where nothing declares its kind, where it is first mentioned. */
export function declarationsOf(mentions: readonly EntityMention[], mention: EntityMention): EntityMention[] {
  const all = mentionsOf(mentions, mention);
  const declared = all.filter((item) => item.isDeclaration);
  return declared.length > 0 ? declared : all.slice(0, 1);
}

/** Why something cannot be given an id; undefined if it can. */
export function problemOfId(
  reading: ManifestReading,
  mentions: readonly EntityMention[],
  mention: EntityMention,
  id: string,
): string | undefined {
  if (mentions.some((other) => other.kind === mention.kind && other.id === id))
    return `there is a ${mention.kind} "${id}" already`;
  if (mentionsOf(mentions, mention).some(({ render }) => render === undefined))
    return `"${mention.id}" comes from a constant that may be used for other things too; rename it there`;
  const isOlder = reading.generation === '0.3';
  if (isOlder ? /^[a-z]+(?:-[a-z]+)*$/.test(id) : isId(id)) return undefined;
  const digits = isOlder ? ' (no digits)' : ' and digits';
  return `"${id}" is not an id: use lower-case letters${digits}, joined by single dashes`;
}

/** Renames a thing everywhere. */
export function renameEntity(mentions: readonly EntityMention[], mention: EntityMention, id: string): TextEdit[] {
  return mentionsOf(mentions, mention).flatMap(({ file, span, render }) =>
    render ? [{ file, ...span, text: render(id) }] : [],
  );
}
