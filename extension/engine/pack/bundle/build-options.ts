/** What making a wrapper's JavaScript bundle takes. */
export interface BuildOptions {
  readonly folder: string;
  /** Folder of the bundle, usually `javascript`. */
  readonly javascript: string;
  /** `never`: pack the bundle as it is and only warn if it is older than its sources. */
  readonly build: 'auto' | 'never';
  /** Whether the types of the wrapper's code are checked before it is bundled. */
  readonly check: 'auto' | 'never';
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
  readonly onStage: (stage: string) => void;
}
