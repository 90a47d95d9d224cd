import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFolder } from '../engine/io/path-kind.ts';

/** Beside the folder of the bundle, and beside that of the sources. */
const TEMPLATE_FOLDERS = ['../templates', '../../templates'];

/** Where the templates of new wrappers are. */
export async function templateFolder(): Promise<string> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  for (const path of TEMPLATE_FOLDERS) if (await isFolder(join(here, path))) return join(here, path);
  throw new Error('the templates are not beside the program; install it again');
}
