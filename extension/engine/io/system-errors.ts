/** What the system says of a path at which nothing can be: no file there, a file on the way, links in circles, no possible name. */
const NOTHING_THERE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EINVAL', 'ERR_INVALID_ARG_VALUE'];

/** Whether an error says that there is nothing at a path; a disk that fails or rights that are missing say nothing about that. */
export function isNothingThere(error: unknown): boolean {
  return NOTHING_THERE.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Does something with a file that is at `path`: what the system says of open files has no name in it, and gets it here. */
export async function about<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withPath(error, path);
  }
}

function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || 'path' in error) return error;
  error.message = `${error.message} '${path}'`;
  return Object.assign(error, { path });
}
