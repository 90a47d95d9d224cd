import { directory } from '../archive/entry.ts';
import { printableName } from '../archive/names.ts';
import { BUDGET } from '../budget.ts';
import { inNewTerms } from '../convert/new-terms.ts';
import { type ImagesSection, readImagesSection, SINGLE, stemOf } from '../docker-images/images-section.ts';
import { archOfSaved } from '../docker-images/saved-arch.ts';
import { parseImageTag, readSavedImages, type SavedImage } from '../docker-images/saved-images.ts';
import { FindingError, finding } from '../finding.ts';
import type { Blake3 } from '../hash/blake3.ts';
import { encodeConfigEnv, encodeConfigJson, toContainerConfig } from '../image/image-config.ts';
import { ImageError } from '../image/image-error.ts';
import { mergeLayers, readRootTar } from '../image/layer-merge.ts';
import { platformOf } from '../image/platform.ts';
import { type ByteSource, MemorySource, readAll } from '../io/byte-source.ts';
import { objectOf } from '../json/object-of.ts';
import { isObject, type JsonObject, type JsonValue, parseJson, printJson, toRawJson } from '../package/json.ts';
import { type OpenSections, openSections, verifiedHash } from '../sections/open.ts';
import { type DirectoryNode, type FsNode, sortedChildren } from '../squashfs/node.ts';
import { readTar } from '../tar/reader.ts';
import { TarError } from '../tar/tar-error.ts';
import { SharedWork } from '../turns/shared-work.ts';
import { takeTurns } from '../turns/take-turns.ts';
import type { ExportableImage, ImageChoice } from './exportable-image.ts';
import { PackageBrowser, type PackageNode } from './package-browser.ts';
import type { PackageWalk } from './package-walk.ts';

/** Makes a layer that may be compressed one that can be read anywhere in it. @throws ImageError */
export type UnpackLayer = (blob: ByteSource, name: string) => Promise<ByteSource>;

/** Something in the tree before it is known where it stands. */
interface Item {
  readonly name: string;
  readonly facts: Omit<PackageNode, 'name' | 'path'>;
  readonly list?: (signal?: AbortSignal) => Promise<readonly Item[]>;
  readonly content?: ByteSource;
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
  /**
   * The path under which it is looked up, where that is not its name in its folder: what is laid out for comparing. Null: it is made
   * for that, and found nowhere.
   */
  readonly own?: string | null;
}

/** The root of an image or of one of its layers, from which links in it go out. */
const IMAGE = /^images\/[^/]+\/[^/]+\/(?:root|layers\/[^/]+)(?=\/|$)/s;

/**
 * Looks into a package for StartOS 0.3 as into one tree: its files under the names that devices give them, the assets, and each
 * image with its layers and the file system that they give. Everything is read when it is asked for. There is one signature over all:
 * it is checked, once, before the first content is given.
 */
export class SectionsBrowser extends PackageBrowser {
  override readonly generation = 1;
  private readonly items = new WeakMap<PackageNode, Item>();
  /** Where what is laid out for comparing is looked up. */
  private readonly owns = new WeakMap<PackageNode, string | null>();
  private readonly lists = new WeakMap<PackageNode, SharedWork<PackageNode[]>>();
  private readonly opened: OpenSections;
  private readonly unpack: UnpackLayer;
  private readonly archives: SharedWork<ImagesSection>;
  private readonly checking: SharedWork<unknown>;

  private constructor(opened: OpenSections, blake3: Blake3, unpack: UnpackLayer) {
    super(directory([]), blake3, opened.source);
    this.opened = opened;
    this.unpack = unpack;
    const section = opened.sections.get('docker_images') ?? new MemorySource(new Uint8Array(0));
    this.archives = new SharedWork(() => readImagesSection(section));
    this.checking = new SharedWork((signal) => verifiedHash(opened, { signal }));
    this.items.set(
      this.root,
      folder('', () => this.rootItems()),
    );
  }

  /** @throws FindingError with every finding if the package does not open. */
  static async openPackage(source: ByteSource, blake3: Blake3, unpack: UnpackLayer): Promise<SectionsBrowser> {
    return new SectionsBrowser(await openSections(source), blake3, unpack);
  }

  override async *list(node: PackageNode, walk: PackageWalk, from = 0): AsyncGenerator<PackageNode> {
    for (const child of (await this.listed(node, walk.signal)).slice(from)) {
      await takeTurns(walk.signal);
      yield child;
    }
  }

  protected override async child(node: PackageNode, name: string): Promise<PackageNode | undefined> {
    return (await this.listed(node)).find((child) => child.name === name);
  }

  private listed(node: PackageNode, signal?: AbortSignal): Promise<PackageNode[]> {
    const known = this.lists.get(node);
    if (known) return known.result(signal);
    const list = new SharedWork((by) =>
      this.explaining(node.path, async () => {
        const items = (await this.items.get(node)?.list?.(by)) ?? [];
        return items.map((item) => this.toNode(item, node));
      }),
    );
    this.lists.set(node, list);
    return list.result(signal);
  }

  override async content(node: PackageNode): Promise<ByteSource | undefined> {
    const { content } = this.items.get(node) ?? {};
    if (!content || node.kind !== 'file') return undefined;
    await this.checking.result();
    return content;
  }

  override async xattrs(node: PackageNode): Promise<ReadonlyMap<string, Uint8Array>> {
    return this.items.get(node)?.xattrs ?? new Map();
  }

  override imageOf(path: string): string {
    return IMAGE.exec(path)?.[0] ?? '';
  }

  /** Laid out as a package for 0.4 is, so that one can be compared with it. */
  override comparable(generation: 1 | 2): PackageNode {
    const root: PackageNode = { ...this.root };
    this.items.set(
      root,
      folder('', () => this.rootItems(generation)),
    );
    return root;
  }

  /** An image as its layers give it, with the configuration that docker saved of it. */
  override async exportable({ id, arch, signal }: ImageChoice): Promise<ExportableImage> {
    await this.checking.result(signal);
    const { archives, isMulti } = await this.explaining('images', () => this.archives.result());
    const name = isMulti ? `${arch}.tar` : SINGLE;
    const path = `images/${name}/${id}`;
    return this.explaining(path, async () => {
      const archive = archives.get(name);
      const found = archive && (await this.savedImage(archive, id, signal));
      const config = found && objectOf(JSON.parse(await found.config()));
      // An archive without a name for its architecture is for that of its images.
      if (!found || (!isMulti && config?.['architecture'] !== platformOf(arch))) {
        const message = `there is no image ${id} for ${arch} in the package`;
        throw new FindingError([finding('file-missing', message, { path })]);
      }
      const tree = await mergeLayers(await this.layersOf(found.image, found.files), signal);
      return { tree, config: async () => objectOf(config?.['config']) };
    });
  }

  private async savedImage(archive: ByteSource, id: string, signal?: AbortSignal) {
    for (const { name, image, files } of await this.savedImages(archive, signal)) {
      const blob = name === id && image.config !== undefined ? files.get(image.config) : undefined;
      if (!blob) continue;
      return {
        image,
        files,
        config: async () => Buffer.from(await readAll(blob, BUDGET.configBytes)).toString('utf8'),
      };
    }
    return undefined;
  }

  /** With the images that the archives hold, which a manifest of 0.3 does not list. */
  override async manifestInNewTerms(): Promise<JsonObject> {
    await this.checking.result();
    const architectures = new Map<string, string[]>();
    const byArch = this.opened.sections.has('docker_images')
      ? await this.explaining('images', () => this.imageItems(true))
      : [];
    for (const { name: arch, path, list } of byArch.map((item) => ({ ...item, path: `images/${item.name}` })))
      for (const { name: id, facts } of (await this.explaining(path, async () => list?.())) ?? [])
        if (facts.kind === 'directory') architectures.set(id, [...(architectures.get(id) ?? []), arch].sort());
    const images = [...architectures].map(
      ([id, arch]) =>
        [
          id,
          new Map<string, JsonValue>([
            ['source', 'packed'],
            ['arch', arch],
            ['nvidiaContainer', false],
          ]),
        ] as const,
    );
    return new Map([...inNewTerms(this.opened.manifest), ['images', new Map(images)]]);
  }

  private toNode(item: Item, parent: PackageNode): PackageNode {
    const { name, own } = item;
    const node: PackageNode = { name, path: below(parent.path, name), ...item.facts };
    this.items.set(node, item);
    const above = this.owns.get(parent);
    if (own !== undefined) this.owns.set(node, own);
    else if (above !== undefined) this.owns.set(node, above === null ? null : below(above, name));
    return node;
  }

  override pathInPackage(node: PackageNode): string | undefined {
    const own = this.owns.get(node);
    return own === undefined ? node.path : (own ?? undefined);
  }

  /** @param comparedWith the generation of the package that it is compared with; undefined for looking into it */
  private async rootItems(comparedWith?: 1 | 2): Promise<Item[]> {
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
      ...(assets && assets.size > 1024 ? [folder('assets', (signal) => this.treeOf(assets, signal))] : []),
      ...(images ? [folder('images', () => this.imageItems(comparedWith !== undefined))] : []),
      ...this.scriptItems(scripts, comparedWith === 2),
    ];
  }

  /** A converted package has them beside the manifest that was. */
  private scriptItems(scripts: ByteSource | undefined, isConverted: boolean): Item[] {
    const mode = 0o644;
    const script = scripts && scripts.size > 0 ? [file('embassy.js', scripts)] : [];
    const old = new MemorySource(new TextEncoder().encode(printJson(this.opened.manifest)));
    const items = isConverted ? [...script, file('embassyManifest.json', old)] : script;
    if (items.length === 0) return [];
    const named = items.map((item) => {
      if (!isConverted) return item;
      const own = item.content === old ? null : below('scripts', item.name);
      return { ...item, facts: { ...item.facts, mode }, own };
    });
    return [folder(isConverted ? 'javascript' : 'scripts', async () => named)];
  }

  /** The icon keeps no name in a package; its type is that of the one in the manifest. */
  private iconExtension(): string {
    const { icon } = objectOf(toRawJson(this.opened.manifest.get('assets') ?? null)) as { icon?: unknown };
    return /\.([a-z0-9]{1,8})$/i.exec(typeof icon === 'string' ? icon : '')?.[1]?.toLowerCase() ?? 'png';
  }

  private async treeOf(tar: ByteSource, signal?: AbortSignal): Promise<Item[]> {
    return itemsOf(await readRootTar(tar, signal));
  }

  private async imageItems(isComparable: boolean): Promise<Item[]> {
    const { archives } = await this.archives.result();
    if (!isComparable)
      return [...archives].map(([name, archive]) => {
        return {
          ...file(name, archive),
          facts: fileFacts(archive, true),
          list: (signal) => this.imagesIn(archive, signal),
        };
      });
    return Promise.all(
      [...archives].map(async ([name, archive]) => {
        const arch = name === SINGLE ? await archOfSaved(archive, (await readSavedImages(archive)) ?? []) : undefined;
        return folder(arch ?? stemOf(name), (signal) => this.rootsIn(archive, below('images', name), signal));
      }),
    );
  }

  /** Each image of an archive: its configuration, its layers, and what they give. */
  private async imagesIn(archive: ByteSource, signal?: AbortSignal): Promise<Item[]> {
    return this.eachImage(archive, signal, (name, image, files) => {
      const config = image.config === undefined ? undefined : files.get(image.config);
      return folder(name, async () => [
        ...(config ? [file('config.json', config)] : []),
        folder('layers', async () => this.layerItems(image, files)),
        folder('root', (by) => this.merged(image, files, by)),
      ]);
    });
  }

  /** Each image and what packages for 0.4 keep of its configuration, beside it. */
  private async rootsIn(archive: ByteSource, own: string, signal?: AbortSignal): Promise<Item[]> {
    const configs = new Map<string, ByteSource>();
    const roots = await this.eachImage(archive, signal, (name, image, files) => {
      const config = image.config === undefined ? undefined : files.get(image.config);
      if (config) configs.set(name, config);
      return { ...folder(name, (by) => this.merged(image, files, by)), own: `${own}/${name}/root` };
    });
    for (const [name, blob] of configs) {
      const { value } = parseJson(new TextDecoder().decode(await readAll(blob, BUDGET.configBytes)));
      const config = toContainerConfig(isObject(value) ? value.get('config') : undefined);
      roots.push({ ...file(`${name}.json`, new MemorySource(encodeConfigJson(config))), own: null });
      roots.push({ ...file(`${name}.env`, new MemorySource(encodeConfigEnv(config))), own: null });
    }
    return roots;
  }

  private async eachImage(
    archive: ByteSource,
    signal: AbortSignal | undefined,
    toItem: (name: string, image: SavedImage, files: ReadonlyMap<string, ByteSource>) => Item,
  ): Promise<Item[]> {
    const items = new Map<string, Item>();
    for (const { name, image, files } of await this.savedImages(archive, signal))
      items.set(name, toItem(name, image, files));
    return [...items.values()];
  }

  /** The images of an archive by the names that they have in the manifest, and the files that they are of. */
  private async savedImages(
    archive: ByteSource,
    signal?: AbortSignal,
  ): Promise<{ name: string; image: SavedImage; files: ReadonlyMap<string, ByteSource> }[]> {
    const images = (await readSavedImages(archive)) ?? [];
    const files = new Map<string, ByteSource>();
    for await (const { path, type, content } of readTar(archive)) {
      await takeTurns(signal);
      if (type === 'file') files.set(path, content);
    }
    return images.map((image, index) => {
      const tag = image.tags?.[0];
      const name = (tag && parseImageTag(tag)?.image) || `image-${index + 1}`;
      // A name that leads elsewhere is none of an image.
      return { name: /^[a-z0-9-]+$/.test(name) ? name : `image-${index + 1}`, image, files };
    });
  }

  private layerItems(image: SavedImage, files: ReadonlyMap<string, ByteSource>): Item[] {
    return image.layers.flatMap((path, index) => {
      const blob = files.get(path);
      if (!blob) return [];
      const digest = /[0-9a-f]{12}/.exec(path)?.[0] ?? 'layer';
      const name = `${String(index + 1).padStart(2, '0')}-${digest}.tar`;
      const list = async (signal?: AbortSignal) => this.treeOf(await this.unpack(blob, name), signal);
      return [{ ...file(name, blob), facts: fileFacts(blob, true), list }];
    });
  }

  private async merged(
    image: SavedImage,
    files: ReadonlyMap<string, ByteSource>,
    signal?: AbortSignal,
  ): Promise<Item[]> {
    return itemsOf(await mergeLayers(await this.layersOf(image, files), signal));
  }

  private async layersOf(image: SavedImage, files: ReadonlyMap<string, ByteSource>): Promise<ByteSource[]> {
    const layers: ByteSource[] = [];
    for (const path of image.layers) {
      const blob = files.get(path);
      if (!blob) throw new ImageError(`the layer ${printableName(path)} is not in the archive`);
      layers.push(await this.unpack(blob, path));
    }
    return layers;
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

function below(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`;
}

function folder(name: string, list: (signal?: AbortSignal) => Promise<readonly Item[]>): Item {
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
