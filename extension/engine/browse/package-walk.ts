import { FindingError, finding } from '../finding.ts';
import { FindingList } from '../finding-list.ts';
import type { SquashfsImage } from '../squashfs/read/image-reader.ts';
import { ImageWalk } from '../squashfs/read/image-walk.ts';

/** Whatever lists nodes in the course of a walk; a package's browser. */
interface Lister<Node> {
  list(node: Node, walk: PackageWalk): AsyncGenerator<Node>;
}

/**
 * One walk through a package and the images in it: no folder twice, cancelled between any two names, and what is wrong is
 * kept here instead of ending it.
 */
export class PackageWalk {
  readonly found = new FindingList();
  readonly signal: AbortSignal | undefined;
  private readonly images = new Map<SquashfsImage, ImageWalk>();

  constructor(signal?: AbortSignal) {
    this.signal = signal;
  }

  /** The walk through one image. */
  of(image: SquashfsImage): ImageWalk {
    const walk = this.images.get(image) ?? new ImageWalk(image, this.signal);
    this.images.set(image, walk);
    return walk;
  }

  report(path: string, message: string): void {
    this.found.add(finding('image-unreadable', message, { path }));
  }

  /** What is in a folder or an image; one that cannot be read on ends there, which is said. */
  async *folder<Node>(browser: Lister<Node>, node: Node): AsyncGenerator<Node> {
    try {
      yield* browser.list(node, this);
    } catch (error) {
      if (!(error instanceof FindingError)) throw error;
      this.found.add(...error.findings);
    }
  }

  /** Everything below a node, parents first; images of the package are not entered, unless the node is one. */
  async *below<Node extends { readonly kind: string }>(browser: Lister<Node>, node: Node): AsyncGenerator<Node> {
    for await (const child of this.folder(browser, node)) {
      yield child;
      if (child.kind === 'directory') yield* this.below(browser, child);
    }
  }
}
