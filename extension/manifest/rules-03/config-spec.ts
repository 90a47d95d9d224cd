import { type Finding, finding } from '../../engine/finding.ts';
import type { FindingCode } from '../../engine/finding-codes.ts';
import { pointer } from '../../engine/package/json.ts';
import { unsupportedInRust } from '../../engine/package/rust-regex.ts';
import { child, type DataNode, keysOf, stringOf } from '../data-tree.ts';

/** Forms nested deeper than this are nobody's. */
const MAX_DEPTH = 32;
/** Number ranges: brackets, bounds with blanks on the inner side, `*` only beside a round bracket (4.3). */
const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const NUMBER_RANGE = new RegExp(String.raw`^(?:\(\*|[([] *${NUMBER} *)(?:,(?:\*\)| *${NUMBER} *[)\]]))?$`);

/**
 * Checks a form (config spec, s9pk-v1 section 4): what makes it unreadable, and what devices only notice when somebody
 * opens it.
 * @param packages packages that pointers may lead to: this one and its dependencies
 */
export function checkConfigSpec(spec: DataNode, path: string, packages: readonly string[]): Finding[] {
  const findings: Finding[] = [];
  new FormRules(packages, findings).checkSpec(spec, path, 0);
  return findings;
}

class FormRules {
  private readonly packages: readonly string[];
  private readonly findings: Finding[];

  constructor(packages: readonly string[], findings: Finding[]) {
    this.packages = packages;
    this.findings = findings;
  }

  private report(code: FindingCode, path: string, message: string): void {
    this.findings.push(finding(code, message, { path }));
  }

  checkSpec(spec: DataNode, path: string, depth: number): void {
    if (depth > MAX_DEPTH) return;
    for (const key of keysOf(spec)) {
      const value = child(spec, key);
      if (value) this.checkValue(value, pointer(path, key), depth + 1);
    }
  }

  private checkValue(node: DataNode, path: string, depth: number): void {
    this.checkElement(node, path, stringOf(child(node, 'type')), depth);
    if (stringOf(child(node, 'type')) !== 'list') return;
    this.checkNumberRange(child(node, 'range'), `${path}/range`);
    const element = child(node, 'spec');
    if (element) this.checkElement(element, `${path}/spec`, stringOf(child(node, 'subtype')), depth);
  }

  /** What a value of a type has of its own, alone or as an element of a list. */
  private checkElement(node: DataNode, path: string, type: string | undefined, depth: number): void {
    switch (type) {
      case 'string':
        this.checkPattern(child(node, 'pattern'), `${path}/pattern`);
        this.checkCharset(child(child(node, 'default'), 'charset'), `${path}/default/charset`);
        break;
      case 'number':
        this.checkNumberRange(child(node, 'range'), `${path}/range`);
        break;
      case 'enum':
        this.checkChoice(node, path);
        break;
      case 'object': {
        const spec = child(node, 'spec');
        if (spec) this.checkSpec(spec, `${path}/spec`, depth);
        break;
      }
      case 'union':
        this.checkUnion(node, path, depth);
        break;
      case 'pointer': {
        const id = stringOf(child(node, 'package-id'));
        if (id !== undefined && !this.packages.includes(id))
          this.report(
            'manifest-config-default',
            `${path}/package-id`,
            `"${id}" is neither this package nor a dependency`,
          );
        break;
      }
    }
  }

  private checkChoice(node: DataNode, path: string): void {
    const values = child(node, 'values');
    if (values?.kind !== 'array') return;
    const names = values.items.map(stringOf);
    const chosen = stringOf(child(node, 'default'));
    if (chosen !== undefined && !names.includes(chosen))
      this.report('manifest-config-default', `${path}/default`, `"${chosen}" is not among the values`);
    for (const key of keysOf(child(node, 'value-names'))) {
      if (!names.includes(key))
        this.report('manifest-config-default', pointer(`${path}/value-names`, key), `"${key}" is not among the values`);
    }
  }

  private checkUnion(node: DataNode, path: string, depth: number): void {
    const variants = child(node, 'variants');
    const names = keysOf(variants);
    const tag = child(node, 'tag');
    const tagId = stringOf(tag) ?? stringOf(child(tag, 'id'));
    for (const name of names) {
      const variant = child(variants, name);
      const at = pointer(`${path}/variants`, name);
      if (!variant) continue;
      if (tagId !== undefined && keysOf(variant).includes(tagId))
        this.report(
          'manifest-config-default',
          pointer(at, tagId),
          `"${tagId}" is the tag's own key and cannot be used in a variant`,
        );
      this.checkSpec(variant, at, depth);
    }
    if (variants?.kind !== 'object') return;
    const chosen = stringOf(child(node, 'default'));
    if (chosen !== undefined && !names.includes(chosen))
      this.report('manifest-config-default', `${path}/default`, `"${chosen}" is not among the variants`);
    const labels = child(tag, 'variant-names');
    if (labels?.kind !== 'object') return;
    const unnamed = names.filter((name) => !keysOf(labels).includes(name));
    if (unnamed.length > 0)
      this.report(
        'manifest-config-default',
        `${path}/tag/variant-names`,
        `name all variants; there is none for ${unnamed.join(', ')}`,
      );
  }

  private checkPattern(node: DataNode | undefined, path: string): void {
    const unsupported = unsupportedInRust(stringOf(node) ?? '');
    if (unsupported)
      this.report(
        'manifest-regex',
        path,
        `devices cannot read this pattern: their regular expressions have no ${unsupported}`,
      );
  }

  private checkNumberRange(node: DataNode | undefined, path: string): void {
    const text = stringOf(node);
    if (text === undefined || NUMBER_RANGE.test(text)) return;
    this.report('manifest-config-spec', path, `"${text}" is not a range: write [0,100], (0,*) or the like`);
  }

  /** Items of one character or `x-y`, joined by commas (4.4). */
  private checkCharset(node: DataNode | undefined, path: string): void {
    const text = stringOf(node);
    if (text === undefined) return;
    const wrong = text.split(',').find((item) => {
      const [from, dash, to, ...more] = [...item];
      if (dash === undefined) return from === undefined;
      return dash !== '-' || to === undefined || more.length > 0 || (from ?? '') >= to || to > '\x7f';
    });
    if (wrong !== undefined)
      this.report(
        'manifest-config-spec',
        path,
        `"${wrong}" is no part of a charset: write single characters and ranges such as a-z, joined by commas`,
      );
  }
}
