import { FileSource } from '../io/file-source.ts';
import { generationOf } from './verify-either.ts';

/** Which generation a package on disk is of; apart from the question itself, which browsers ask, too. @throws the file system's errors */
export async function generationOfFile(file: string): Promise<1 | 2> {
  await using source = await FileSource.open(file);
  return await generationOf(source);
}
