import { type Finding, finding } from '../../engine/finding.ts';
import type { FindingCode } from '../../engine/finding-codes.ts';
import { pointer } from '../../engine/json/json-pointer.ts';
import { problemInRust } from '../../engine/package/rust-regex.ts';
import { child, type DataNode, keysOf, stringOf } from '../meaning/data-tree.ts';

/** Forms nested deeper than this are nobody's. */
const MAX_DEPTH = 32;
/** Number ranges: brackets, bounds with blanks on the inner side, `(*` and `*)` for none, perhaps behind a blank (2.1, 4.3). */
const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const NUMBER_RANGE = new RegExp(String.raw`^(?:\(\*|[([] *${NUMBER} *)(?:,(?: *\*\)| *${NUMBER} *[)\]]))?$`);

/** What the specification of an element must have (4.1). */
const REQUIRED_OF_ELEMENT: Readonly<Record<string, readonly string[]>> = {
  enum: ['values'],
  object: ['spec'],
  union: ['tag', 'variants', 'default'],
};

/** The ends of a range; unbounded ones are infinite. */
function boundsOf(text: string): { low: number; high: number } {
  const [low = '', high = ''] = text
    .slice(1)
    .replace(/[)\]]$/, '')
    .split(',');
  const toNumber = (part: string, open: number) => (part.trim() === '*' || part.trim() === '' ? open : Number(part));
  return { low: toNumber(low, Number.NEGATIVE_INFINITY), high: toNumber(high, Number.POSITIVE_INFINITY) };
}

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
    this.checkNumberRange(child(node, 'range'), `${path}/range`, true);
    const element = child(node, 'spec');
    const subtype = stringOf(child(node, 'subtype'));
    if (element?.kind !== 'object') return;
    for (const key of REQUIRED_OF_ELEMENT[subtype ?? ''] ?? []) {
      if (!child(element, key)) this.report('manifest-missing-key', `${path}/spec`, `"${key}" is missing`);
    }
    this.checkElement(element, `${path}/spec`, subtype, depth);
  }

  /** What a value of a type has of its own, alone or as an element of a list. */
  private checkElement(node: DataNode, path: string, type: string | undefined, depth: number): void {
    switch (type) {
      case 'string':
        this.checkPattern(child(node, 'pattern'), `${path}/pattern`);
        this.checkPatternPair(node, path);
        this.checkCharset(child(child(node, 'default'), 'charset'), `${path}/default/charset`);
        break;
      case 'number':
        this.checkNumberRange(child(node, 'range'), `${path}/range`);
        this.checkNumberDefault(node, path);
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
    const problem = problemInRust(stringOf(node) ?? '');
    if (problem) this.report('manifest-regex', path, `devices cannot read this pattern: ${problem}`);
  }

  /** In lists, where a range counts elements, both ends are whole numbers. */
  private checkNumberRange(node: DataNode | undefined, path: string, counts = false): void {
    const text = stringOf(node);
    if (text === undefined) return;
    if (NUMBER_RANGE.test(text)) {
      const { low, high } = boundsOf(text);
      if (counts && [low, high].some((bound) => Number.isFinite(bound) && (bound < 0 || !Number.isInteger(bound))))
        this.report(
          'manifest-config-spec',
          path,
          `"${text}" counts elements: its ends must be whole numbers from 0 on`,
        );
      else if (low > high) this.report('manifest-config-default', path, `nothing lies in "${text}"`);
      return;
    }
    this.report('manifest-config-spec', path, `"${text}" is not a range: write [0,100], (0,*) or the like`);
  }

  private checkNumberDefault(node: DataNode, path: string): void {
    const own = child(node, 'default');
    const range = stringOf(child(node, 'range'));
    const integral = child(node, 'integral');
    if (own?.kind !== 'value' || typeof own.value !== 'number') return;
    if (integral?.kind === 'value' && integral.value === true && !Number.isInteger(own.value))
      this.report('manifest-config-default', `${path}/default`, `${own.value} is not a whole number`);
    if (range === undefined || !NUMBER_RANGE.test(range)) return;
    const { low, high } = boundsOf(range);
    if (own.value < low || own.value > high)
      this.report('manifest-config-default', `${path}/default`, `${own.value} does not lie in "${range}"`);
  }

  /** The schema wants both or neither of a value; of the elements of a list it does not know. */
  private checkPatternPair(node: DataNode, path: string): void {
    if (!path.endsWith('/spec')) return;
    for (const [key, other] of [
      ['pattern', 'pattern-description'],
      ['pattern-description', 'pattern'],
    ] as const) {
      if (child(node, key) && !child(node, other)) this.report('manifest-missing-key', path, `"${other}" is missing`);
    }
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
