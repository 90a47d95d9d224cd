import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGET } from '../../../extension/engine/budget.ts';
import {
  BuildProgress,
  type BuildUpdate,
  plainBuildLog,
} from '../../../extension/engine/image/build/build-progress.ts';
import { BuildTree } from '../../../extension/engine/image/build/build-tree.ts';
import { explainFailure } from '../../../extension/engine/image/build/explain-failure.ts';
import { LiveTree } from '../../../extension/engine/image/build/live-tree.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const plain = (_colour: string, text: string) => text;

const STATUSES = [
  { vertexes: [{ digest: 'sha256:a', name: '[internal] load build definition from Dockerfile', started: at(0) }] },
  { vertexes: [{ digest: 'sha256:a', started: at(0), completed: at(1) }] },
  { vertexes: [{ digest: 'sha256:b', name: '[1/2] COPY a /a', started: at(1), completed: at(1), cached: true }] },
  { vertexes: [{ digest: 'sha256:c', name: '[2/2] RUN make', started: at(1) }] },
  { statuses: [{ vertex: 'sha256:c', current: 1000, total: 4000 }] },
  { logs: [{ vertex: 'sha256:c', data: base64('one\ntw') }] },
  { logs: [{ vertex: 'sha256:c', data: base64('o\nrest') }] },
  {
    warnings: [
      {
        short: base64('Old syntax.'),
        detail: [base64('Use the new one')],
        url: 'https://example.org/old',
        range: [{ start: { line: 7 }, end: { line: 7 } }],
      },
    ],
  },
  { vertexes: [{ digest: 'sha256:c', started: at(1), completed: at(4) }] },
];

function read(lines: readonly string[]) {
  const updates: BuildUpdate[] = [];
  const log: string[] = [];
  const progress = new BuildProgress(
    'main for x86_64',
    '/w/Dockerfile',
    (update) => updates.push(update),
    (line) => log.push(line),
  );
  for (const line of lines) progress.line(line);
  return { updates, log, progress };
}

for (const [layout, lines] of [
  ['a line each', STATUSES.map((status) => JSON.stringify(status))],
  ['several lines each', STATUSES.flatMap((status) => JSON.stringify(status, null, 2).split('\n'))],
] as const) {
  test(`steps, output and warnings are read: ${layout}`, () => {
    const { updates, log, progress } = read(['before', ...lines, 'ERROR: after']);
    assert.deepEqual(log, ['before', 'ERROR: after']);
    assert.deepEqual(
      updates.filter(({ lines }) => lines).map(({ step, lines }) => [step, lines]),
      [
        [3, ['one']],
        [3, ['two']],
        [3, ['rest']],
      ],
    );
    assert.deepEqual(updates.at(-1), {
      ...{ build: 'main for x86_64', step: 3, name: '[2/2] RUN make', state: 'done', seconds: 3 },
      ...{ done: 1000, total: 4000, lines: ['rest'] },
    });
    assert.deepEqual(progress.warnings, [
      {
        ...{ code: 'dockerfile-warning', severity: 'warning' },
        message: 'Old syntax; Use the new one (https://example.org/old)',
        where: { file: '/w/Dockerfile', line: 7, column: 1 },
      },
    ]);
    assert.equal(progress.output, 'before\none\ntwo\nrest\nERROR: after');
  });
}

test('the reason of a failure is part of what was said', () => {
  const failed = {
    vertexes: [{ digest: 'sha256:a', name: 'RUN x', started: at(0), completed: at(1), error: 'exit 3' }],
  };
  const { updates, progress } = read([JSON.stringify(failed), '{not json', '{"half":']);
  assert.equal(updates.at(-1)?.state, 'failed');
  assert.equal(progress.output, 'exit 3\n{not json\n{"half":');
});

test('objects of another form than the builder’s are passed over, and what never ends is not kept', () => {
  const strange = [
    { vertexes: 5, statuses: null, logs: {}, warnings: 'x' },
    { vertexes: [null, 5, {}, { digest: 7 }, { digest: 'sha256:d', name: 3, started: 'never', completed: [] }] },
    { statuses: [null, { vertex: 'sha256:d' }, { vertex: 'sha256:d', current: '1', total: {} }] },
    { logs: [null, { vertex: 'sha256:d' }, { vertex: 'sha256:d', data: 5 }] },
    { warnings: [null, {}, { short: 5 }, { short: base64('Old'), detail: 5, range: [{ start: 7 }] }] },
  ];
  const { updates, progress } = read(strange.map((status) => JSON.stringify(status)));
  assert.deepEqual(
    updates.map(({ name, state }) => [name, state]),
    [['sha256:d', 'running']],
  );
  assert.deepEqual(
    progress.warnings.map(({ message, where }) => [message, where]),
    [['Old', { file: '/w/Dockerfile' }]],
  );
  const endless = read(['{', ...Array.from({ length: 300 }, () => 'x'.repeat(100_000)), 'end']);
  assert.ok(endless.progress.output.endsWith('\nend'), 'it was given up');
});

test('of steps, warnings and words that never end, so many are kept', () => {
  const numbers = Array.from({ length: BUDGET.buildSteps + 10 }, (_, index) => index);
  const vertexes = numbers.map((index) => ({ digest: `sha256:${index}`, name: `${index}${'x'.repeat(5000)}` }));
  const short = base64('Old');
  const late = { vertex: `sha256:${BUDGET.buildSteps + 5}`, data: base64('one\ntwo') };
  const { updates, progress } = read([
    JSON.stringify({ vertexes }),
    JSON.stringify({ warnings: numbers.map(() => ({ short })) }),
    ...Array.from({ length: 40 }, () => 'x'.repeat(1 << 20)),
    JSON.stringify({ logs: [late], vertexes: [{ digest: late.vertex, error: 'exit 3' }] }),
  ]);
  assert.equal(Math.max(...updates.map(({ step }) => step)), BUDGET.buildSteps);
  assert.ok(updates.every(({ name }) => name.length <= 4096));
  assert.equal(progress.warnings.length, BUDGET.findingsOfOneCode + 1);
  assert.ok(progress.output.length <= BUDGET.outputLength + 20, `${progress.output.length}`);
  assert.ok(progress.output.endsWith('\nexit 3\none\ntwo'), 'the reason of a failure is kept, whichever step it was');
});

test('a docker without buildx is said to have none, whichever flag it stumbles over', () => {
  for (const flag of ['progress', 'output', 'platform', 'provenance']) {
    const said = `unknown flag: --${flag}\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n\nRun 'docker --help' for more information`;
    const { code, message } = explainFailure(said, { id: 'main', arch: 'aarch64' });
    assert.equal(code, 'buildx-missing');
    assert.match(message, /Docker has no buildx; install it/);
  }
});

test('an engine that ended while it built, and a tool that was killed, are said to be that', () => {
  const subject = { id: 'main', arch: 'x86_64', dockerfile: '/w/Dockerfile' };
  // What buildx 0.13 printed when its daemon was killed, in the midst and at the start, and when the daemon was told to end.
  for (const said of [
    'ERROR: failed to receive status: rpc error: code = Unavailable desc = error reading from server: EOF',
    'ERROR: failed to dial gRPC: unexpected EOF',
    'Dockerfile:4\n--------------------\n   4 | >>> RUN sleep\n--------------------\nERROR: failed to solve: Canceled: context canceled',
  ]) {
    const { code, message } = explainFailure(said, subject);
    assert.equal(code, 'engine-stopped', said);
    assert.match(message, /ended meanwhile.*docker info/);
  }
  // It runs, but gives no builds: whatever is at its socket is another program.
  const other = explainFailure('ERROR: failed to dial gRPC: unable to upgrade to h2c, received 404', subject);
  assert.equal(other.code, 'build-failed');
  const killed = explainFailure('step 1 said this', subject, { code: null, signal: 'SIGKILL' });
  assert.deepEqual([killed.code, /was killed .*\(SIGKILL\).*pack again/.test(killed.message)], ['build-failed', true]);
  const half = explainFailure('', subject, { code: 255, signal: null });
  assert.match(half.message, /was killed .*\(exit code 255\)/);
  // What a step printed is no word of the tool.
  const failed = explainFailure('transport is closing\nERROR: failed to solve: no such file', subject);
  assert.deepEqual([failed.code, /no such file/.test(failed.message)], ['build-failed', true]);
});

test('the log has a line for each beginning, output and end', () => {
  const log: string[] = [];
  const tell = plainBuildLog((line) => log.push(line));
  for (const update of read(STATUSES.map((status) => JSON.stringify(status))).updates) tell(update);
  assert.deepEqual(
    log.map((line) => line.replace('[main for x86_64] ', '')),
    [
      '#1 [internal] load build definition from Dockerfile',
      '#1 DONE 1.0s',
      '#2 [1/2] COPY a /a',
      '#2 CACHED',
      '#3 [2/2] RUN make',
      '#3 one',
      '#3 two',
      '#3 rest',
      '#3 DONE 3.0s',
    ],
  );
});

test('the tree shows what runs with its last lines, what ended with its time, and fits', () => {
  let now = 0;
  const tree = new BuildTree(() => now);
  const { updates } = read(STATUSES.map((status) => JSON.stringify(status)));
  for (const update of updates.slice(0, -1)) tree.take(update);
  now = 2500;
  assert.deepEqual(tree.lines(80, plain), [
    '● main for x86_64  2 steps, 1 cached',
    '  ✓ [1/2] COPY a /a  cached',
    '  ● [2/2] RUN make  1.00 KB of 4.00 KB  2.5 s',
    '      one',
    '      two',
  ]);
  assert.deepEqual(tree.lines(24, plain, 4), [
    '● main fo…  2 steps, 1 cached',
    '  ● [2/2] R…  1.00 KB of 4.00 KB  2.5 s',
    '      one',
    '      two',
  ]);
  tree.take(updates.at(-1) as BuildUpdate);
  assert.deepEqual(tree.lines(80, plain), [
    '✓ main for x86_64  2 steps, 1 cached',
    '  ✓ [1/2] COPY a /a  cached',
    '  ✓ [2/2] RUN make  3.0 s',
  ]);
  for (const state of ['running', 'cached'] as const)
    tree.take({ build: 'main for x86_64', step: 3, name: '[2/2] RUN make', state });
  assert.equal(tree.lines(80, plain)[2], '  ✓ [2/2] RUN make  3.0 s', 'built again to be exported');
  tree.take({ build: 'main for x86_64', step: 3, name: 'RUN \u001b[2J bad', state: 'failed', lines: ['\u001b[Aup'] });
  assert.deepEqual(tree.lines(80, plain).slice(2), ['  ✗ RUN  bad', '      up'], 'output does not move the cursor');
});

test('a terminal ends with the whole tree once, whatever was drawn before', () => {
  let screen: string[] = [];
  const write = (text: string) => {
    for (const [, up, rest] of text.matchAll(/(?:\u001b\[(\d+)A\r\u001b\[J)?([^\u001b]*)/g)) {
      if (up) screen = screen.slice(0, -Number(up));
      if (rest) screen.push(...rest.split('\r\n').slice(0, -1));
    }
  };
  const tree = new LiveTree(write, () => ({ columns: 80, rows: 24 }), plain);
  tree.say('Reading');
  assert.deepEqual(screen, ['Reading']);
  tree.print('a line');
  assert.deepEqual(screen, ['a line', 'Reading']);
  for (const update of read(STATUSES.map((status) => JSON.stringify(status))).updates) tree.take(update);
  tree.print('another');
  tree.end();
  tree.print('the end');
  assert.deepEqual(screen, [
    'a line',
    'another',
    '✓ main for x86_64  2 steps, 1 cached',
    '  ✓ [1/2] COPY a /a  cached',
    '  ✓ [2/2] RUN make  3.0 s',
    'the end',
  ]);
});
