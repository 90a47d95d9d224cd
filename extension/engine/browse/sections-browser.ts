import { directory } from '../archive/entry.ts';
import { printableName } from '../archive/names.ts';
import { type ImagesSection, readImagesSection, SINGLE, stemOf } from '../docker-images/images-section.ts';
import { parseImageTag, readSavedImages, type SavedImage } from '../docker-images/saved-images.ts';
import { FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { ImageError } from '../image/image-error.ts';
import { mergeLayers, readRootTar } from '../image/layer-merge.ts';
import { type ByteSource, MemorySource } from '../io/byte-source.ts';
import { objectOf } from '../json/object-of.ts';
import { printJson, toRawJson } from '../package/json.ts';
import { type OpenSections, openSections, verifiedHash } from '../sections/open.ts';
import { type DirectoryNode, type FsNode, sortedChildren } from '../squashfs/node.ts';
import { readTar } from '../tar/reader.ts';
import { TarError } from '../tar/tar-error.ts';
import { takeTurns } from '../turns/take-turns.ts';
import { PackageBrowser, type PackageNode } from './package-browser.ts';
import type { PackageWalk } from './package-walk.ts';

/** Makes a layer that may be compressed one that can be read anywhere in it. @throws ImageError */
export type UnpackLayer = (blob: ByteSource, name: string) => Promise<ByteSource>;

/** Something in the tree before it is known where it stands. */
interface Item {
  readonly name: string;
  readonly facts: Omit<PackageNode, 'name' | 'path'>;
  readonly list?: () => Promise<readonly Item[]>;
  readonly content?: ByteSource;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** The root of an image or of one of its layers, from which links in it go out. */
const IMAGE = /^images\/[^/]+\/[^/]+\/(?:root|layers\/[^/]+)(?=\/|$)/s;

/**
 * Looks into a package for StartOS 0.3 as into one tree: its files under the names that devices give them, the assets, and each
 * image with its layers and the file system that they give. Everything is read when it is asked for. There is one signature over all:
 * it is checked, once, before the first content is given.
 */
export class SectionsBrowser extends PackageBrowser {
  private readonly items = new WeakMap<PackageNode, Item>();
  private readonly lists = new WeakMap<PackageNode, Promise<PackageNode[]>>();
  private readonly opened: OpenSections;
  private readonly unpack: UnpackLayer;
  private archives: Promise<ImagesSection> | undefined;
  private checking: Promise<unknown> | undefined;

  private constructor(opened: OpenSections, blake3: Blake3, unpack: UnpackLayer) {
    super(directory([]), blake3);
    this.opened = opened;
    this.unpack = unpack;
    this.items.set(
      this.root,
      folder('', () => this.rootItems(false)),
    );
  }

  /** @throws FindingError with every finding if the package does not open. */
  static async openPackage(source: ByteSource, blake3: Blake3, unpack: UnpackLayer): Promise<SectionsBrowser> {
    return new SectionsBrowser(await openSections(source), blake3, unpack);
  }

  override async *list(node: PackageNode, walk: PackageWalk, from = 0): AsyncGenerator<PackageNode> {
    for (const child of (await this.listed(node)).slice(from)) {
      await takeTurns(walk.signal);
      yield child;
    }
  }

  protected override async child(node: PackageNode, name: string): Promise<PackageNode | undefined> {
    return (await this.listed(node)).find((child) => child.name === name);
  }

  private listed(node: PackageNode): Promise<PackageNode[]> {
    const known = this.lists.get(node);
    if (known) return known;
    const list = this.explaining(node.path, async () => {
      const items = (await this.items.get(node)?.list?.()) ?? [];
      return items.map((item) => this.toNode(item, node.path));
    });
    this.lists.set(node, list);
    // What failed may do so for a reason that passes.
    list.catch(() => this.lists.delete(node));
    return list;
  }

  override async content(node: PackageNode): Promise<ByteSource | undefined> {
    const { content } = this.items.get(node) ?? {};
    if (!content || node.kind !== 'file') return undefined;
    this.checking ??= verifiedHash(this.opened, {});
    await this.checking;
    return content;
  }

  override async xattrs(node: PackageNode): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.items.get(node)?.xattrs ?? new Map();
  }

  override imageOf(path: string): string {
    return IMAGE.exec(path)?.[0] ?? '';
  }

  /** Laid out as a package for 0.4 is, so that one can be compared with it. */
  override comparable(): PackageNode {
    const root: PackageNode = { ...this.root };
    this.items.set(
      root,
      folder('', () => this.rootItems(true)),
    );
    return root;
  }

  private toNode(item: Item, parent: string): PackageNode {
    const path = parent === '' ? item.name : `${parent}/${item.name}`;
    const node: PackageNode = { name: item.name, path, ...item.facts };
    this.items.set(node, item);
    return node;
  }

  private async rootItems(isComparable: boolean): Promise<Item[]> {
    const { sections, manifest } = this.opened;
    const json = new MemorySource(new TextEncoder().encode(`${printJson(manifest, 2)}\n`));
    const section = (label: 'license' | 'instructions' | 'icon', name: string) => {
      const content = sections.get(label);
      return content ? [file(name, content)] : [];
    };
    const [assets, images, scripts] = [sections.get('assets'), sections.get('docker_images'), sections.get('scripts')];
    return [
      file('manifest.json', json),
      ...section('license', 'LICENSE.md'),
      ...section('icon', `icon.${this.iconExtension()}`),
      ...section('instructions', 'instructions.md'),
      ...(assets && assets.size > 1024 ? [folder('assets', () => this.treeOf(assets))] : []),
      ...(images ? [folder('images', () => this.imageItems(images, isComparable))] : []),
      ...(scripts && scripts.size > 0 ? [folder('scripts', async () => [file('embassy.js', scripts)])] : []),
    ];
  }

  /** The icon keeps no name in a package; its type is that of the one in the manifest. */
  private iconExtension(): string {
    const { icon } = objectOf(toRawJson(this.opened.manifest.get('assets') ?? null)) as { icon?: unknown };
    return /\.([a-z0-9]{1,8})$/i.exec(typeof icon === 'string' ? icon : '')?.[1]?.toLowerCase() ?? 'png';
  }

  private async treeOf(tar: ByteSource): Promise<Item[]> {
    return itemsOf(await readRootTar(tar));
  }

  private async imageItems(section: ByteSource, isComparable: boolean): Promise<Item[]> {
    this.archives ??= readImagesSection(section);
    const { archives } = await this.archives;
    return [...archives].map(([name, archive]) => {
      if (isComparable && name !== SINGLE) return folder(stemOf(name), () => this.rootsIn(archive));
      return { ...file(name, archive), facts: fileFacts(archive, true), list: () => this.imagesIn(archive) };
    });
  }

  /** Each image of an archive: its configuration, its layers, and what they give. */
  private async imagesIn(archive: ByteSource): Promise<Item[]> {
    return this.eachImage(archive, (name, image, files) => {
      const config = image.config === undefined ? undefined : files.get(image.config);
      return folder(name, async () => [
        ...(config ? [file('config.json', config)] : []),
        folder('layers', async () => this.layerItems(image, files)),
        folder('root', () => this.merged(image, files)),
      ]);
    });
  }

  private rootsIn(archive: ByteSource): Promise<Item[]> {
    return this.eachImage(archive, (name, image, files) => folder(name, () => this.merged(image, files)));
  }

  private async eachImage(
    archive: ByteSource,
    toItem: (name: string, image: SavedImage, files: ReadonlyMap<string, ByteSource>) => Item,
  ): Promise<Item[]> {
    const images = (await readSavedImages(archive)) ?? [];
    const files = new Map<string, ByteSource>();
    for await (const { path, type, content } of readTar(archive)) if (type === 'file') files.set(path, content);
    const items = new Map<string, Item>();
    for (const [index, image] of images.entries()) {
      const tag = image.tags?.[0];
      const name = (tag && parseImageTag(tag)?.image) || `image-${index + 1}`;
      // A name that leads elsewhere is none of an image.
      const own = /^[a-z0-9-]+$/.test(name) ? name : `image-${index + 1}`;
      items.set(own, toItem(own, image, files));
    }
    return [...items.values()];
  }

  private layerItems(image: SavedImage, files: ReadonlyMap<string, ByteSource>): Item[] {
    return image.layers.flatMap((path, index) => {
      const blob = files.get(path);
      if (!blob) return [];
      const digest = /[0-9a-f]{12}/.exec(path)?.[0] ?? 'layer';
      const name = `${String(index + 1).padStart(2, '0')}-${digest}.tar`;
      const list = async () => this.treeOf(await this.unpack(blob, name));
      return [{ ...file(name, blob), facts: fileFacts(blob, true), list }];
    });
  }

  private async merged(image: SavedImage, files: ReadonlyMap<string, ByteSource>): Promise<Item[]> {
    const layers: ByteSource[] = [];
    for (const path of image.layers) {
      const blob = files.get(path);
      if (!blob) throw new ImageError(`the layer ${printableName(path)} is not in the archive`);
      layers.push(await this.unpack(blob, path));
    }
    return itemsOf(await mergeLayers(layers));
  }

  private async explaining<T>(path: string, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const message = `${path} cannot be read: ${error.message}`;
      throw new FindingError([finding('image-unreadable', message, { path })]);
    }
  }
}

function isDamage(error: unknown): error is Error {
  return (
    error instanceof TarError ||
    error instanceof ImageError ||
    error instanceof SyntaxError ||
    error instanceof RangeError
  );
}

function folder(name: string, list: () => Promise<readonly Item[]>): Item {
  return { name, facts: { kind: 'directory', size: 0, isImage: false }, list };
}

function file(name: string, content: ByteSource): Item {
  return { name, facts: fileFacts(content, false), content };
}

function fileFacts(content: ByteSource, isImage: boolean): Item['facts'] {
  return { kind: 'file', size: content.size, isImage };
}

/** What is in a folder of a file system that is in memory, contents aside. */
function itemsOf(node: DirectoryNode): Item[] {
  return sortedChildren(node).map(([name, child]) => itemOf(name, child));
}

function itemOf(name: string, node: FsNode): Item {
  const { kind, mode, mtime, xattrs } = node;
  const facts = {
    kind,
    size: node.kind === 'file' ? node.content.size : 0,
    isImage: false,
    mode,
    mtime,
    ...(node.kind === 'symlink' && { target: node.target }),
  };
  return {
    name,
    facts,
    ...(node.kind === 'directory' && { list: async () => itemsOf(node) }),
    ...(node.kind === 'file' && { content: node.content }),
    ...(xattrs && { xattrs }),
  };
}
