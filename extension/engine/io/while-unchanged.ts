import { FindingError } from '../finding.ts';

/**
 * Does something with a file. Where it fails because somebody wrote to the file meanwhile, that is what is said, and not that the
 * file is damaged.
 * @throws FindingError `file-changed`, or whatever the work throws
 */
export async function whileUnchanged<T>(file: { checkUnchanged(): Promise<void> }, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await file.checkUnchanged().catch((problem: unknown) => {
      // A file that cannot be looked at any more, or is closed, is not the reason.
      if (problem instanceof FindingError) throw problem;
    });
    throw error;
  }
}
