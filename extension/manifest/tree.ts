/**
 * A manifest's text as one tree, whatever language it is written in: plain data with offsets in UTF-16 units. Parsing
 * into it never fails; what cannot be understood is `opaque` and still has its place.
 */
export type TextNode =
  | (Span & { readonly kind: 'object'; readonly properties: readonly TextProperty[] })
  | (Span & { readonly kind: 'array'; readonly items: readonly TextNode[] })
  | (Span & { readonly kind: 'value'; readonly value: string | number | boolean | null })
  /** A name that stands for something declared elsewhere (TypeScript). */
  | (Span & { readonly kind: 'reference'; readonly name: string })
  | (Span & { readonly kind: 'opaque' });

/** Offsets in the text, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface TextProperty {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: TextNode;
}

/** What one file says: its manifest, if it holds one, and the names that a manifest elsewhere may refer to. */
export interface ManifestText {
  readonly text: string;
  readonly root?: TextNode;
  readonly declarations: ReadonlyMap<string, TextNode>;
  /** By local name: the module it comes from and its name there. */
  readonly imports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
}

/** The segments of a JSON pointer (RFC 6901). */
export function pointerSegments(pointer: string): string[] {
  return pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function property(node: TextNode, key: string): TextProperty | undefined {
  return node.kind === 'object' ? node.properties.findLast((candidate) => candidate.key === key) : undefined;
}
