import { type Finding, hasErrors } from '../engine/finding.ts';
import { lintWrapper } from '../manifest/wrapper/lint-wrapper.ts';

export interface LintOptions {
  readonly signal?: AbortSignal | undefined;
  /** Only what the manifest's own text says, nothing about the files around it. */
  readonly manifestOnly?: boolean;
}

export interface LintedManifest {
  readonly file: string;
  /** The StartOS that it is for. */
  readonly generation: '0.3' | '0.4';
}

export interface Linted {
  /** Nothing of what was found is an error. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** Every manifest that was looked at; a repository may have one for each StartOS. */
  readonly manifests: readonly LintedManifest[];
  /** Everything of them could be read without running the wrapper's code. */
  readonly whole: boolean;
}

/**
 * Checks a wrapper, as far as it can be known without building it. Runs nothing.
 * @param path its folder, or a file in it
 * @throws the file system's error; the signal's reason
 */
export async function lint(path: string, { signal, manifestOnly = false }: LintOptions = {}): Promise<Linted> {
  signal?.throwIfAborted();
  const { findings, manifests, unseen } = await lintWrapper(path, { manifestOnly, signal });
  return { ok: !hasErrors(findings), findings, manifests, whole: unseen.length === 0 };
}
