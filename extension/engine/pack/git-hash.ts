import { type Finding, finding } from '../finding.ts';
import { run } from '../process/run.ts';

/**
 * The commit of the package folder, with `-modified` where tracked files differ from it (s9pk-v2 section 6.2). Without
 * git or outside a repository the package gets no hash, and a warning says so.
 */
export async function gitHash(
  folder: string,
  signal?: AbortSignal,
): Promise<{ hash: string | null; findings: readonly Finding[] }> {
  const git = async (...args: string[]) => run('git', ['--no-optional-locks', ...args], { cwd: folder, signal });
  const none = (why: string) => ({
    hash: null,
    findings: [finding('git-unavailable', `the package records no commit: ${why}`, { file: folder })],
  });
  try {
    const head = await git('rev-parse', '--verify', 'HEAD');
    if (head.code !== 0) return none('the folder is not in a git repository, or nothing is committed yet');
    const hash = head.stdout.trim();
    const status = await git('status', '--porcelain', '--untracked-files=no');
    if (status.code === 0 && status.stdout.trim() === '') return { hash, findings: [] };
    const message = 'the package records its commit as modified, because tracked files have uncommitted changes';
    return { hash: `${hash}-modified`, findings: [finding('git-modified', message, { file: folder })] };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return none('git is not installed');
  }
}
