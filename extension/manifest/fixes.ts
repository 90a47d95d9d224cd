import { basename } from 'node:path';
import type { Finding } from '../engine/finding.ts';
import type { FindingCode } from '../engine/finding-codes.ts';
import { pointerSegments } from '../engine/json/json-pointer.ts';
import { suggest } from '../engine/package/suggest.ts';
import { fieldOf, formerNameOf, objectAt, sdkDoes } from '../engine/upstream/lookup.ts';
import { folderOfManifest } from './detect.ts';
import { addItem, addProperty, quoteValue, removeProperty, renameKey, setValue, type TextEdit } from './edits/edit.ts';
import { withoutPlaceholders } from './edits/render.ts';
import type { ManifestReading } from './lint-manifest.ts';
import { child, type DataNode, type DataProperty, keysOf, nodeAt, propertyOf, stringOf } from './meaning/data-tree.ts';
import { VERSION_KEYS } from './meaning/locate.ts';
import type { World } from './meaning/worlds.ts';
import { pathsLike } from './paths.ts';
import { renamedKey } from './rules-03/former-keys.ts';
import { LANGUAGES } from './rules-04/rules.ts';
import { resolveSchema, type Schema, schemaAt } from './schema/schema.ts';
import { suggestSpdx } from './spdx.ts';

/** One way to mend a finding. */
export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** It cannot be wrong: it is applied with all others of its kind when asked for. */
  readonly isSafe: boolean;
  /** A file to make. */
  readonly create?: { readonly file: string; readonly text: string };
}

/** The ways to mend a finding of a manifest, best first. */
export function fixesFor(found: Finding, reading: ManifestReading): Fix[] {
  const make = FIXERS[found.code];
  const path = found.where.path;
  if (!make || path === undefined) return [];
  // A tree that was read from broken text is not what the text means.
  if (reading.modules.manifest.text.problems.some(({ code }) => code === 'manifest-json')) return [];
  const world = reading.worlds.find(({ manifest }) => nodeAt(manifest, path)) ?? reading.worlds[0];
  return make(new Subject(found, path, world, reading));
}

/** What no image is made of. */
const DOCKERIGNORE = '.startos\n.git\nnode_modules\n*.s9pk\n';

/** What a fixer looks at: the finding, and what is at its pointer. */
class Subject {
  readonly found: Finding;
  readonly path: string;
  readonly root: DataNode;
  readonly reading: ManifestReading;
  readonly key: string;
  readonly parentPath: string;

  constructor(found: Finding, path: string, world: World, reading: ManifestReading) {
    this.found = found;
    this.path = path;
    this.reading = reading;
    const segments = pointerSegments(path);
    this.key = segments.at(-1) ?? '';
    this.parentPath = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const isElsewhere = found.where.file !== reading.modules.manifest.file;
    const isOfVersion = isElsewhere && VERSION_KEYS.includes(segments[0] ?? '') && world.version;
    this.root = isOfVersion || world.manifest;
  }

  get node(): DataNode | undefined {
    return nodeAt(this.root, this.path);
  }

  get parent(): DataNode | undefined {
    return nodeAt(this.root, this.parentPath);
  }

  get property(): DataProperty | undefined {
    return propertyOf(this.parent, this.key);
  }

  get text(): string | undefined {
    return stringOf(this.node);
  }

  schema(path: string): Schema | undefined {
    return schemaAt(this.reading.generation, path, this.root);
  }

  set(title: string, value: unknown, isSafe = false): Fix[] {
    return this.node ? [{ title, edits: [setValue(this.node, value)], isSafe }] : [];
  }

  add(title: string, path: string, key: string, value: unknown, isSafe = false): Fix[] {
    const object = nodeAt(this.root, path);
    const edit = object?.kind === 'object' ? addProperty(object, key, value) : undefined;
    return edit ? [{ title, edits: [edit], isSafe }] : [];
  }

  remove(isSafe = false): Fix[] {
    const { property, parent } = this;
    const edit = property && parent && removeProperty(parent, property);
    return edit ? [{ title: `Remove "${this.key}"`, edits: [edit], isSafe }] : [];
  }

  rename(to: string, isSafe = false): Fix[] {
    const { property, parent } = this;
    if (!property || propertyOf(parent, to)) return [];
    return [{ title: `Rename to "${to}"`, edits: [renameKey(property, to)], isSafe }];
  }
}

type Fixer = (subject: Subject) => Fix[];

/** Text in quotes that a message suggests: `did you mean "x"?`. */
function suggestionIn(message: string): string | undefined {
  return /did you mean "([^"]+)"\?/.exec(message)?.[1];
}

const replaceBySuggestion: Fixer = (subject) => {
  const suggestion = suggestionIn(subject.found.message);
  return suggestion === undefined ? [] : subject.set(`Change to "${suggestion}"`, suggestion);
};

const addIoFormat: Fixer = (subject) => subject.add('Add io-format: json', subject.path, 'io-format', 'json', true);

const FIXERS: Partial<Record<FindingCode, Fixer>> = {
  'manifest-unknown-key': (subject) => {
    const field = fieldOf(objectAt(subject.parentPath) ?? '', subject.key);
    const former =
      subject.reading.generation === '0.3' ? renamedKey(subject.parentPath, subject.key) : field?.renamedTo;
    const isKnownFormer = field?.fate !== undefined || former !== undefined;
    const suggestion = former ?? suggestionIn(subject.found.message);
    const known = subject.schema(subject.parentPath)?.properties ?? {};
    return [
      ...(suggestion !== undefined && suggestion in known ? subject.rename(suggestion, former !== undefined) : []),
      ...subject.remove(isKnownFormer && former === undefined),
    ];
  },
  'manifest-key-misspelt': (subject) => {
    const suggestion = suggestionIn(subject.found.message);
    return suggestion === undefined ? [] : subject.rename(suggestion, true);
  },
  'manifest-key-later': (subject) => {
    const former = formerNameOf(objectAt(subject.parentPath) ?? '', subject.key);
    // `emulateMissing` and its former name take different values.
    const canRename = former !== undefined && subject.key !== 'emulateMissing';
    return [...(canRename ? subject.rename(former) : []), ...subject.remove()];
  },
  'manifest-key-former': (subject) => {
    const { property, parent, node } = subject;
    if (!property || parent?.kind !== 'object' || node?.kind !== 'value') return [];
    const isEmulated = typeof node.value === 'string' && node.value !== '';
    if (propertyOf(parent, 'emulateMissing')) return subject.remove(true);
    const edits = [renameKey(property, 'emulateMissing'), setValue(node, isEmulated)];
    return [{ title: `Change to "emulateMissing: ${isEmulated}"`, edits, isSafe: true }];
  },
  'manifest-ignored': (subject) => [
    ...(subject.key === 'mapping' ? subject.rename('internal', true) : []),
    ...subject.remove(true),
  ],
  'manifest-duplicate-key': (subject) => subject.remove(),
  'manifest-missing-key': (subject) => {
    const object = subject.node;
    const schema = subject.schema(subject.path);
    if (object?.kind !== 'object' || !schema) return [];
    const named = /^"([^"]+)"/.exec(subject.found.message)?.[1];
    const filled = subject.reading.usesSdk ? (key: string) => isFilled(subject, schema, key) : () => false;
    const missing = (schema.required ?? []).filter((key) => !propertyOf(object, key) && !filled(key));
    if (named !== undefined && !missing.includes(named)) missing.unshift(named);
    const value = (key: string) =>
      exampleOf(subject.reading, resolveSchema(subject.reading.generation, schema.properties?.[key] ?? {}));
    const one = named === undefined ? [] : subject.add(`Add "${named}"`, subject.path, named, value(named));
    if (missing.length < 2) return one;
    if (object.properties.length === 0 && /^\{\s*\}$/.test(object.module.text.text.slice(object.start, object.end))) {
      const whole = Object.fromEntries(missing.map((key) => [key, value(key)]));
      return [
        ...one,
        { title: `Add all ${missing.length} missing keys`, edits: [setValue(object, whole)], isSafe: false },
      ];
    }
    const all = missing.flatMap((key) => addProperty(object, key, value(key)) ?? []);
    return [...one, { title: `Add all ${missing.length} missing keys`, edits: joinInsertions(all), isSafe: false }];
  },
  'manifest-type': (subject) => {
    const { node, found } = subject;
    if (!node) return [];
    if (/quote it$/.test(found.message))
      return [{ title: 'Put it in quotes', edits: [quoteValue(node)], isSafe: true }];
    const text = subject.text;
    if (text !== undefined && /write it without quotes/.test(found.message))
      return subject.set('Write it without quotes', Number(text), true);
    if (text !== undefined && /must be true or false/.test(found.message)) {
      const isYes = /^(?:yes|on|y|true)$/i.test(text);
      return subject.set(`Change to ${isYes}`, isYes, true);
    }
    return replaceBySuggestion(subject);
  },
  'manifest-version': (subject) => {
    const { node, text } = subject;
    if (node?.kind === 'value' && typeof node.value === 'number')
      return [{ title: 'Put the version in quotes', edits: [quoteValue(node)], isSafe: true }];
    if (
      subject.reading.generation === '0.4' &&
      text !== undefined &&
      /^\d+(?:\.\d+)*$/.test(text) &&
      VERSION_KEYS.includes(pointerSegments(subject.path)[0] ?? '')
    )
      return subject.set(`Change to "${text}:0"`, `${text}:0`);
    const plain = text?.replace(/^v(?=\d)/i, '');
    return plain !== undefined && plain !== text ? subject.set(`Change to "${plain}"`, plain) : [];
  },
  'manifest-version-cut': (subject) => {
    const read = / is read as ([\d.]+):/.exec(subject.found.message)?.[1]?.replace(/\.$/, '');
    return read === undefined ? [] : subject.set(`Change to "${read}"`, read);
  },
  'manifest-range': (subject) => {
    const text = subject.text ?? subject.key;
    if (!/^\d+(?:\.\d+)*$/.test(text)) return [];
    return subject.text === undefined ? subject.rename(`=${text}`) : subject.set(`Change to "=${text}"`, `=${text}`);
  },
  'manifest-range-cut': (subject) => {
    const text = subject.text ?? subject.key;
    const mended = text.replace(/\s*(?:&&|,)\s*/g, ' ');
    if (mended === text) return [];
    return subject.text === undefined
      ? subject.rename(mended, true)
      : subject.set(`Change to "${mended}"`, mended, true);
  },
  'manifest-id': (subject) => {
    const text = subject.text ?? subject.key;
    const allowed = subject.reading.generation === '0.3' ? /[^a-z]+/g : /[^a-z0-9]+/g;
    const slug = text
      .toLowerCase()
      .replace(allowed, '-')
      .replace(/^-+|-+$/g, '');
    if (slug === '' || slug === text) return [];
    return subject.text === undefined ? subject.rename(slug) : subject.set(`Change to "${slug}"`, slug);
  },
  'manifest-url': (subject) => {
    const { text } = subject;
    return text !== undefined && URL.canParse(`https://${text}`) && /^[\w-]+(?:\.[\w-]+)+/.test(text)
      ? subject.set(`Change to "https://${text}"`, `https://${text}`)
      : [];
  },
  'manifest-url-scheme': replaceBySuggestion,
  'key-in-context': (subject) => {
    const missing = /there is no (.+)$/.exec(subject.found.message)?.[1];
    if (missing === undefined) return [];
    const folder = wrapperFolder(subject.reading);
    const file = pathsLike(folder).join(folder, missing);
    return [{ title: `Create ${missing}`, edits: [], isSafe: false, create: { file, text: DOCKERIGNORE } }];
  },
  'manifest-license': replaceBySuggestion,
  'manifest-license-case': (subject) => {
    const spdx = suggestSpdx(subject.text ?? '');
    return spdx === undefined ? [] : subject.set(`Change to "${spdx}"`, spdx, true);
  },
  'manifest-io-format': addIoFormat,
  'manifest-dependency-io-format': addIoFormat,
  'manifest-duration-unit': (subject) => {
    const seconds = /write "([\d.]+s)"/.exec(subject.found.message)?.[1];
    return seconds === undefined ? [] : subject.set(`Change to "${seconds}"`, seconds, true);
  },
  'manifest-ram': (subject) => {
    const bytes = /write (\d+)$/.exec(subject.found.message)?.[1];
    return bytes === undefined ? [] : subject.set(`Change to ${bytes} bytes`, Number(bytes));
  },
  'manifest-volume-unknown': (subject) => {
    const suggestion = suggest(subject.key, keysOf(child(subject.root, 'volumes')));
    return [
      ...(suggestion === undefined ? [] : subject.rename(suggestion)),
      ...subject.add(`Declare the volume "${subject.key}"`, '/volumes', subject.key, { type: 'data' }),
    ];
  },
  'manifest-interface-unknown': replaceBySuggestion,
  'manifest-system-image': (subject) => subject.set('Change to "compat"', 'compat'),
  'manifest-dependency-unknown': (subject) => [
    ...replaceBySuggestion(subject),
    ...subject.add(`Declare the dependency "${subject.text}"`, '/dependencies', subject.text ?? '', {
      version: '*',
      requirement: { type: 'required' },
    }),
  ],
  'manifest-interface-protocol': (subject) => {
    const wanted = /must contain (\w+)/.exec(subject.found.message)?.[1];
    const { node } = subject;
    return wanted === undefined || node?.kind !== 'array'
      ? []
      : [{ title: `Add ${wanted} to protocols`, edits: [addItem(node, wanted)], isSafe: true }];
  },
  'manifest-containers': (subject) => subject.remove(true),
  'manifest-locale-missing': (subject) => {
    const { node } = subject;
    if (node?.kind !== 'object') return [];
    const missing = LANGUAGES.filter((tag) => !propertyOf(node, tag));
    const text = stringOf(child(node, 'en_US')) ?? stringOf(node.properties[0]?.value) ?? '';
    const edits = missing.flatMap((tag) => addProperty(node, tag, text) ?? []);
    return [{ title: `Add ${missing.join(', ')}`, edits: joinInsertions(edits), isSafe: false }];
  },
  'manifest-arch-default': (subject) =>
    subject.add('Write the architectures out', subject.path, 'arch', ['x86_64', 'aarch64', 'riscv64'], true),
  'manifest-package-repo': (subject) => {
    const upstream = stringOf(child(subject.root, 'upstreamRepo')) ?? 'https://example.org';
    return subject.add('Add "packageRepo"', '', 'packageRepo', upstream);
  },
  'manifest-emulate': (subject) => {
    const image = pointerSegments(subject.path).slice(0, 2);
    const path = `/${image.join('/')}`;
    const arch = nodeAt(subject.root, `${path}/arch`);
    const first = arch?.kind === 'array' ? stringOf(arch.items[0]) : undefined;
    if (first === undefined) return [];
    if (propertyOf(nodeAt(subject.root, path), 'emulateMissing')) {
      const flag = nodeAt(subject.root, `${path}/emulateMissing`);
      return flag ? [{ title: 'Change to true', edits: [setValue(flag, true)], isSafe: false }] : [];
    }
    const own = nodeAt(subject.root, `${path}/emulateMissingAs`);
    if (!own && sdkDoes(subject.reading.sdk?.version, 'emulateMissing'))
      return subject.add('Emulate it where it is missing', path, 'emulateMissing', true);
    return own
      ? [{ title: `Change to "${first}"`, edits: [setValue(own, first)], isSafe: false }]
      : subject.add(`Emulate ${first}`, path, 'emulateMissingAs', first);
  },
  'manifest-plugin': (subject) =>
    subject.node?.kind === 'array' ? subject.set('Change to ["url-v0"]', ['url-v0']) : [],
  'manifest-arch': (subject) => {
    const { node } = subject;
    if (subject.key === 'emulateMissingAs') {
      const arch = nodeAt(subject.root, `${subject.parentPath}/arch`);
      const first = arch?.kind === 'array' ? stringOf(arch.items[0]) : undefined;
      return first === undefined ? [] : subject.set(`Change to "${first}"`, first);
    }
    if (node?.kind !== 'array') return [];
    const wrong = node.items.find(
      (item) => item.kind === 'value' && subject.found.message.startsWith(`"${item.value}"`),
    );
    const known: Record<string, string> = {
      amd64: 'x86_64',
      'x86-64': 'x86_64',
      x86: 'x86_64',
      arm64: 'aarch64',
      arm: 'aarch64',
      riscv: 'riscv64',
    };
    const name = stringOf(wrong) ?? '';
    const meant = known[name] ?? suggest(name, Object.values(known));
    return wrong && meant !== undefined
      ? [{ title: `Change to "${meant}"`, edits: [setValue(wrong, meant)], isSafe: known[name] !== undefined }]
      : [];
  },
  'dependency-metadata': (subject) =>
    subject.add('Add title and icon', subject.path, 'metadata', { title: subject.key, icon: `./${subject.key}.svg` }),
  'input-missing': (subject) => {
    const folder = wrapperFolder(subject.reading);
    const name = subject.text ?? DEFAULT_FILES[subject.path];
    const template = name === undefined ? undefined : templateOf(basename(name));
    if (name === undefined || template === undefined) return [];
    return [
      {
        title: `Create ${name}`,
        edits: [],
        isSafe: false,
        create: { file: pathsLike(folder).join(folder, name), text: template },
      },
    ];
  },
};

/** The folder of the wrapper that a manifest belongs to. */
export function wrapperFolder({ modules }: ManifestReading): string {
  return folderOfManifest(modules.manifest.file);
}

const DEFAULT_FILES: Readonly<Record<string, string>> = {
  '/assets/license': 'LICENSE.md',
  '/assets/instructions': 'INSTRUCTIONS.md',
};

/** What a new file begins with; undefined for files that cannot be made up. */
function templateOf(name: string): string | undefined {
  if (/^instructions.*\.md$/i.test(name)) return '# Instructions\n\nWhat users need to know to get started.\n';
  if (/^licen[cs]e/i.test(name)) return "The licence's text goes here.\n";
  return /^dockerfile/i.test(name) ? 'FROM alpine:3.22\n' : undefined;
}

function isFilled(subject: Subject, schema: Schema, key: string): boolean {
  const own = schema.properties?.[key];
  return (own?.['x-sdk-fills'] ?? schema['x-sdk-optional']?.includes(key) ?? false) && subject.reading.usesSdk;
}

/** A value to start with, from what the schema shows. */
function exampleOf(reading: ManifestReading, schema: Schema): unknown {
  const [snippet] = schema.defaultSnippets ?? [];
  if (snippet && !schema['x-declares']) return strip(snippet.body);
  if (schema.examples?.[0] !== undefined) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  const [first] = schema.enum ?? [];
  if (first !== undefined) return first;
  if (schema['x-url']) return 'https://example.org';
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((key) => [
          key,
          exampleOf(reading, resolveSchema(reading.generation, schema.properties?.[key] ?? {})),
        ]),
      );
    case 'array':
      return [];
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    default:
      return '';
  }
}

/** A snippet's body with its placeholders filled. */
function strip(body: unknown): unknown {
  if (typeof body === 'string') return withoutPlaceholders(body);
  if (Array.isArray(body)) return body.map(strip);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [withoutPlaceholders(key), strip(value)]));
}

/** Insertions at one and the same place become one, in their order. */
function joinInsertions(edits: readonly TextEdit[]): TextEdit[] {
  const joined: TextEdit[] = [];
  for (const edit of edits) {
    const last = joined.at(-1);
    if (
      last &&
      last.file === edit.file &&
      last.start === edit.start &&
      last.end === edit.end &&
      edit.start === edit.end
    )
      joined[joined.length - 1] = { ...last, text: last.text + edit.text };
    else joined.push(edit);
  }
  return joined;
}
