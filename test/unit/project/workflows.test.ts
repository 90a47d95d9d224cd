import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ACTIONLINT } from '../../support/actionlint.ts';
import { tool } from '../../support/tools.ts';

const FOLDER = '.github/workflows';
const files = [...readdirSync(FOLDER).map((name) => join(FOLDER, name)), 'action.yml'];

const needsLinter = {
  skip: existsSync(ACTIONLINT.program) ? false : 'actionlint is not installed; npm run setup needs Go',
};

test('workflows, and the action as they use it, have no mistakes', needsLinter, async () => {
  await tool(ACTIONLINT.program, ['-no-color']);
});

test('every action of others is pinned by a whole commit, and says its version', () => {
  let count = 0;
  for (const file of files) {
    for (const [, used = ''] of readFileSync(file, 'utf8').matchAll(/\buses: *(.*)/g)) {
      if (used === './') continue;
      assert.match(used, /^[\w.-]+\/[\w.-]+@[0-9a-f]{40} # v\d/, `${file}: ${used}`);
      count++;
    }
  }
  assert.ok(count > 15);
  // One commit an action, wherever it is used.
  const pins = new Set(
    files.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/uses: *([^#\n]+@\w+)/g)].map(([, pin]) => pin)),
  );
  assert.equal(new Set([...pins].map((pin) => pin?.split('@')[0])).size, pins.size);
});

test('what a workflow runs of ours is there', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const [, name = ''] of text.matchAll(/npm run ([a-z:-]+)/g))
      assert.ok(name in scripts, `${file}: npm run ${name}`);
    for (const [, path = ''] of text.matchAll(/node (scripts\/[\w./-]+)/g))
      assert.ok(existsSync(path), `${file}: ${path}`);
    // Without ./ npm takes OWNER/NAME for a repository of GitHub.
    for (const [, path = ''] of text.matchAll(/npm (?:publish|install)\b.*?\s(\S+\.tgz)/g))
      assert.match(path, /^\.\//, `${file}: ${path}`);
  }
});

test('jobs get no more rights than they name, and texts of events are in no script', () => {
  for (const file of readdirSync(FOLDER).map((name) => join(FOLDER, name))) {
    const workflow = parse(readFileSync(file, 'utf8'));
    assert.ok(workflow.permissions, file);
    for (const [name, job] of Object.entries<{ steps: { run?: string }[] }>(workflow.jobs)) {
      for (const { run = '' } of job.steps) assert.doesNotMatch(run, /\$\{\{/, `${file}: ${name}`);
    }
  }
  for (const { run = '' } of parse(readFileSync('action.yml', 'utf8')).runs.steps) assert.doesNotMatch(run, /\$\{\{/);
});
