import { type Finding, finding } from '../finding.ts';
import type { MadePackage } from '../pack/write-verified.ts';
import { generationOfFile } from '../verify/generation-of-file.ts';
import type { ExamineManifest } from '../verify/verify-sections.ts';
import { type EditOptions, editPackage } from './edit-package.ts';
import { type EditedSections, editSections } from './edit-sections.ts';

export interface EditEitherOptions extends EditOptions {
  readonly examine: ExamineManifest;
}

/** What became of a package, whichever generation it is of. */
export type Edited =
  | { readonly generation: 1; readonly package: EditedSections }
  | { readonly generation: 2; readonly package: MadePackage };

/**
 * Changes a package, whichever generation it is of, and signs it anew.
 * @throws failing I/O and the signal's reason; what is wrong with the package or the changes are findings.
 */
export async function editEither(options: EditEitherOptions): Promise<{ findings: readonly Finding[]; made?: Edited }> {
  if ((await generationOfFile(options.file)) === 2) {
    const { findings, made } = await editPackage(options);
    return { findings, ...(made && { made: { generation: 2, package: made } }) };
  }
  if (options.images.length > 0) {
    const message =
      'images of a package for StartOS 0.3 cannot be replaced one by one: pack the wrapper with other images instead';
    return { findings: [finding('s9pk-v1', message, { file: options.file })] };
  }
  if (options.order !== undefined) {
    const message = 'a package for StartOS 0.3 has one order of sections only: leave out --order';
    return { findings: [finding('s9pk-v1', message, { file: options.file })] };
  }
  const { findings, made } = await editSections(options);
  return { findings, ...(made && { made: { generation: 1, package: made } }) };
}
