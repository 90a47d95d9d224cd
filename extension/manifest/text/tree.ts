/**
 * A manifest's text as one tree, whatever language it is written in: plain data with offsets in UTF-16 units. Parsing
 * into it never fails; what cannot be understood is `opaque` and still has its place.
 */
export type TextNode =
  | ObjectNode
  | (Span & { readonly kind: 'array'; readonly items: readonly TextNode[] })
  | (Span & { readonly kind: 'value'; readonly value: Scalar })
  /** A name that stands for something declared elsewhere (TypeScript). */
  | (Span & { readonly kind: 'reference'; readonly name: string })
  /** Something that is computed (TypeScript). */
  | (Span & { readonly kind: 'expression'; readonly expression: Expression })
  /** A function that gives one expression (TypeScript). */
  | (Span & { readonly kind: 'function'; readonly parameters: readonly Parameter[]; readonly body: TextNode })
  | (Span & { readonly kind: 'opaque' });

export type Scalar = string | number | boolean | null;

export interface ObjectNode extends Span {
  readonly kind: 'object';
  readonly properties: readonly TextProperty[];
  /** `...other` in TypeScript: what is spread, and how many of the properties stand before it. */
  readonly spreads?: readonly { readonly node: TextNode; readonly index: number }[];
}

/** A parameter by its name, or the names that it is taken apart into, by key. */
export interface Parameter {
  readonly names: readonly { readonly name: string; readonly key?: string; readonly fallback?: TextNode }[];
}

/** The few operations that manifests are computed with. */
export type Expression =
  | { readonly operator: 'conditional'; readonly test: TextNode; readonly then: TextNode; readonly otherwise: TextNode }
  | { readonly operator: 'binary'; readonly sign: string; readonly left: TextNode; readonly right: TextNode }
  | { readonly operator: 'not'; readonly operand: TextNode }
  | { readonly operator: 'member'; readonly object: TextNode; readonly key: TextNode }
  | { readonly operator: 'includes'; readonly list: TextNode; readonly item: TextNode }
  | { readonly operator: 'template'; readonly parts: readonly (string | TextNode)[] }
  | { readonly operator: 'call'; readonly callee: TextNode; readonly args: readonly TextNode[] }
  /** `...list` in an array, or among the arguments of a call. */
  | { readonly operator: 'spread'; readonly of: TextNode };

/** Offsets in the text, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface TextProperty {
  readonly key: string;
  readonly keySpan: Span;
  /** All of it as it is written here: key, value, and what belongs to the value (`as const`). */
  readonly span: Span;
  readonly value: TextNode;
}

/** Something that the parser itself finds wrong. */
export interface TextProblem {
  readonly code: 'manifest-json' | 'manifest-duplicate-key' | 'manifest-key-twice' | 'yaml-merge';
  readonly message: string;
  readonly span: Span;
}

export type ManifestLanguage = 'json' | 'yaml' | 'toml' | 'typescript';

/** What one file says: its manifest, if it holds one, and the names that a manifest elsewhere may refer to. */
export interface ManifestText {
  readonly language: ManifestLanguage;
  readonly text: string;
  readonly root?: TextNode;
  readonly problems: readonly TextProblem[];
  /** What names stand for (TypeScript); `default` is the default export. */
  readonly declarations: ReadonlyMap<string, TextNode>;
  /** By local name: the module it comes from and its name there, `*` for all of it. Re-exports count. */
  readonly imports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** Modules of which everything is exported again. */
  readonly reexports: readonly string[];
  /** What `buildManifest` is given besides versions and manifest: what the package depends on (TypeScript). */
  readonly dependencies?: TextNode;
}

export function property(node: TextNode, key: string): TextProperty | undefined {
  return node.kind === 'object' ? node.properties.findLast((candidate) => candidate.key === key) : undefined;
}

/** A text that holds data and no code: nothing is declared or imported. */
export function dataText(
  language: ManifestLanguage,
  text: string,
  root: TextNode | undefined,
  problems: readonly TextProblem[],
): ManifestText {
  return {
    language,
    text,
    ...(root && { root }),
    problems,
    declarations: new Map(root ? [['default', root]] : []),
    imports: new Map(),
    reexports: [],
  };
}
