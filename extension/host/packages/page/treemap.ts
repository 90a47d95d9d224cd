import { hierarchy, treemap } from 'd3-hierarchy';
import type { Weighed, Weight } from '../../../engine/browse/weigh.ts';
import { formatSize } from '../../../engine/format-size.ts';
import { visibleText } from '../../../engine/visible-text.ts';
import type { Translate } from './render-page.ts';

/** The sides of the map, of which tiles are given in percent. */
const WIDTH = 1000;
const HEIGHT = 380;

/** One part as a rectangle, in percent of the map's sides. */
export interface Tile {
  readonly path: string;
  readonly kind: Weight['kind'] | 'others';
  readonly name: string;
  /** The size, and the share of it all. */
  readonly size: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What the page draws: texts are plain texts, which it never takes for HTML. */
export interface TreemapView {
  readonly path: string;
  /** What the map is of. */
  readonly label: string;
  readonly status: string;
  /** From the package down to what is shown. */
  readonly above: readonly { readonly path: string; readonly name: string }[];
  readonly tiles: readonly Tile[];
}

interface Leaf {
  readonly part: Weight | undefined;
  readonly size: number;
}

/** Lays out what is in a package, or in a folder or an image of it. */
export function layOut(fileName: string, path: string, weighed: Weighed, t: Translate): TreemapView {
  const { total, parts, others } = weighed;
  const leaves: Leaf[] = parts.filter(({ size }) => size > 0).map((part) => ({ part, size: part.size }));
  if (others.size > 0) leaves.push({ part: undefined, size: others.size });
  const above = foldersAbove(fileName, path);
  const label = t('What is large in {0}', above.at(-1)?.name ?? fileName);
  const view = { path, label, status: statusOf(weighed, t), above };
  if (leaves.length === 0) return { ...view, tiles: [] };
  const root = hierarchy<{ readonly children: readonly Leaf[] } | Leaf>({ children: leaves });
  root.sum((item) => ('size' in item ? item.size : 0));
  const placed = treemap<{ readonly children: readonly Leaf[] } | Leaf>().size([WIDTH, HEIGHT])(root).leaves();
  const tiles = placed.flatMap(({ data, x0, x1, y0, y1 }) => {
    if (!('size' in data)) return [];
    const rectangle = {
      left: (100 * x0) / WIDTH,
      top: (100 * y0) / HEIGHT,
      width: (100 * (x1 - x0)) / WIDTH,
      height: (100 * (y1 - y0)) / HEIGHT,
    };
    return [{ ...describe(data, path, others.count, total, t), ...rectangle }];
  });
  return { ...view, tiles };
}

function describe({ part, size }: Leaf, path: string, others: number, total: number, t: Translate) {
  const name = part ? visibleText(path === '' ? part.path : part.name) : t('{0} more', others);
  const share = Math.round((1000 * size) / total) / 10;
  return {
    path: part?.path ?? path,
    kind: part?.kind ?? ('others' as const),
    name,
    size: `${formatSize(size)}, ${share} %`,
  };
}

function statusOf({ total, files, packed, findings }: Weighed, t: Translate): string {
  const size =
    packed === undefined
      ? t('{0} in {1} files', formatSize(total), files)
      : t('{0} in {1} files; {2} in the package, compressed', formatSize(total), files, formatSize(packed));
  const [first] = findings;
  return first ? `${size}. ${t('Not all of it can be read: {0}', visibleText(first.message))}` : size;
}

/** Images are in folders that are not shown on their own: the whole package is shown by its files. */
function foldersAbove(fileName: string, path: string): TreemapView['above'] {
  const image = /^.*?\.squashfs(?=\/|$)/.exec(path)?.[0] ?? '';
  const below = path.slice(image.length).split('/').filter(Boolean);
  const base = image === '' ? [] : [{ path: image, name: visibleText(image) }];
  const folders = below.map((name, index) => ({
    path: [...(image === '' ? [] : [image]), ...below.slice(0, index + 1)].join('/'),
    name: visibleText(name),
  }));
  return [{ path: '', name: visibleText(fileName) }, ...base, ...folders];
}
