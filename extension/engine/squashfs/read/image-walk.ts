import { BUDGET } from '../../budget.ts';
import { takeTurns } from '../../turns/take-turns.ts';
import { SquashfsError } from '../squashfs-error.ts';
import type { InodeReference, SquashfsImage } from './image-reader.ts';
import type { Inode } from './inode-reader.ts';

/** A name that a walk meets, with its inode. */
export interface MetName {
  readonly name: string;
  readonly reference: InodeReference;
  readonly inode: Inode;
}

/**
 * One walk through an image, folder by folder in whatever order its owner asks. Every folder is entered once: where folders
 * share a folder there are more paths than could ever be walked. It can be cancelled between any two names.
 */
export class ImageWalk {
  private readonly image: SquashfsImage;
  private readonly signal: AbortSignal | undefined;
  private readonly entered = new Set<number>();
  private names = 0;

  constructor(image: SquashfsImage, signal: AbortSignal | undefined) {
    this.image = image;
    this.signal = signal;
  }

  /**
   * What is in a folder, by name; nothing if the walk was there before, which is a problem.
   * @param onProblem hears what is wrong with a folder that can be walked all the same
   * @param from how many names are passed over unread
   * @throws SquashfsError if it is damaged, or the walk met more names than any image has (`walkedEntries`)
   */
  async *folder(
    { block, offset }: InodeReference,
    onProblem: (message: string) => void,
    from = 0,
  ): AsyncGenerator<MetName> {
    const { image } = this;
    const key = block * 65_536 + offset;
    if (this.entered.has(key)) {
      onProblem('a directory stands under two names; it is entered once');
      return;
    }
    this.entered.add(key);
    let passed = 0;
    for await (const { name, inode: reference } of image.list(await image.inode({ block, offset }), onProblem)) {
      if (passed++ < from) continue;
      await takeTurns(this.signal);
      if (++this.names > BUDGET.walkedEntries)
        throw new SquashfsError(`the image has more than ${BUDGET.walkedEntries} names`);
      yield { name, reference, inode: await image.inode(reference) };
    }
  }
}
