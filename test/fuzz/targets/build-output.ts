import assert from 'node:assert/strict';
import { BUDGET } from '../../../extension/engine/budget.ts';
import { BuildProgress } from '../../../extension/engine/image/build/build-progress.ts';
import { BuildTree } from '../../../extension/engine/image/build/build-tree.ts';
import { mutateText } from '../mutate.ts';
import { bytesOf, type FuzzTarget, textOf } from '../target.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const at = '2026-01-01T00:00:00Z';
const STATUSES = [
  { vertexes: [{ digest: 'a', name: '[1/2] RUN make', started: at, completed: at, cached: true, error: 'no' }] },
  { statuses: [{ vertex: 'a', current: 1000, total: 4000 }] },
  { logs: [{ vertex: 'a', data: base64('one\ntw') }] },
  {
    warnings: [
      { short: base64('Old.'), detail: [base64('New.')], url: 'https://example.org/', range: [{ start: { line: 7 } }] },
    ],
  },
];
const VALUES = [null, 1, -1, 1e300, 'x', '', [], {}, [null], [[]], [{}], true, base64('a\u001b[2J\nb')] as const;
const KEYS = [
  'vertexes',
  'statuses',
  'logs',
  'warnings',
  'digest',
  'vertex',
  'data',
  'short',
  'detail',
  'range',
  'start',
  'line',
  'name',
  'started',
  'completed',
  'error',
  'current',
  'total',
  'url',
] as const;

/** What builders print with `--progress rawjson`. */
export const buildOutputTarget: FuzzTarget = {
  name: 'build-output',
  covers: ['extension/engine/image/build/{build-progress,build-tree}.ts'],
  seeds: async () =>
    [0, 2].map((indent) => bytesOf(STATUSES.map((status) => JSON.stringify(status, null, indent)).join('\n'))),

  /** The right form with other types in it. */
  async make(random) {
    if (random.oneIn(40)) {
      // As many steps as are told of, and more.
      const count = BUDGET.buildSteps + random.between(-1, 1);
      const vertexes = Array.from({ length: count }, (_, n) => ({
        digest: `${n}`,
        name: 'x'.repeat(random.size(8192)),
      }));
      return bytesOf(JSON.stringify({ vertexes }));
    }
    const value = (depth: number): unknown => {
      if (depth === 0 || random.oneIn(4)) return random.pick(VALUES);
      if (random.oneIn(2)) return Array.from({ length: random.size(20) }, () => value(depth - 1));
      return Object.fromEntries(Array.from({ length: random.size(6) }, () => [random.pick(KEYS), value(depth - 1)]));
    };
    return bytesOf(
      Array.from({ length: random.size(300) }, () => JSON.stringify({ [random.pick(KEYS)]: value(5) })).join('\n'),
    );
  },
  mutate: (input, other, random) => bytesOf(mutateText(textOf(input), textOf(other), random)),

  async read(input) {
    let updates = 0;
    const tree = new BuildTree();
    const progress = new BuildProgress(
      'main for x86_64',
      '/w/Dockerfile',
      (update) => {
        updates++;
        tree.take(update);
      },
      () => undefined,
    );
    for (const line of textOf(input).split('\n')) progress.line(line);
    assert.ok(updates <= input.length, 'no more is told than was said');
    for (const { where } of progress.warnings) assert.equal(where.file, '/w/Dockerfile');
    assert.equal(typeof progress.output, 'string');
    for (const [width, height] of [
      [80, 24],
      [1, 1],
      [200, Number.POSITIVE_INFINITY],
    ] as const)
      assert.ok(tree.lines(width, (_, text) => text, height).length <= height);
  },
};
