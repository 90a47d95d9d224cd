import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isIgnored } from '../../../extension/manifest/wrapper/docker/dockerignore.ts';

const CASES: readonly [dockerignore: string, path: string, isLeftOut: boolean][] = [
  ['', '.startos', false],
  ['.startos', '.startos', true],
  ['.startos/', '.startos/build-key', true],
  ['/.startos', '.startos', true],
  ['# .startos', '.startos', false],
  ['**/.startos', '.startos', true],
  ['.*', '.startos', true],
  ['*', '.startos', true],
  ['*\n!.startos', '.startos', false],
  ['*\n!src\n!Dockerfile', '.startos', true],
  ['.star?os', '.startos', true],
  ['startos', '.startos', false],
  ['.startos.bak', '.startos', false],
  ['a+b', 'a+b', true],
  ['\r\n.startos\r\n', '.startos', true],
  ['\n\n', '', false],
  ['.start**', '.startos', true],
  ['a/**', 'a/b/c', true],
  ['a/**', 'ab', false],
];

for (const [dockerignore, path, isLeftOut] of CASES) {
  test(`${JSON.stringify(dockerignore)} ${isLeftOut ? 'leaves out' : 'takes in'} ${path}`, () => {
    assert.equal(isIgnored(dockerignore, path), isLeftOut);
  });
}
