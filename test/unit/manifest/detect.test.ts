import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areTogether, wrapperOf } from '../../../extension/manifest/detect.ts';

test('the wrapper of a file is above its code, whatever the folders above are called', () => {
  for (const [file, wrapper] of [
    ['/w/startos/manifest/index.ts', '/w'],
    ['/w/manifest.yaml', '/w'],
    ['/w/Dockerfile', '/w'],
    ['/my.wrapper/startos/main.ts', '/my.wrapper'],
    ['/my.wrapper/Makefile', '/my.wrapper'],
    ['/home/startos/a/startos/main.ts', '/home/startos/a'],
    ['/home/startos/a/manifest.yaml', '/home/startos/a'],
    ['c:\\startos\\a.b\\startos\\main.ts', 'c:\\startos\\a.b'],
    ['c:\\startos\\a.b\\icon.png', 'c:\\startos\\a.b'],
  ] as const)
    assert.equal(wrapperOf(file), wrapper, file);
});

test('files of one wrapper are together, those of neighbours are not', () => {
  assert.ok(areTogether('/w/manifest.yaml', '/w/manifest.yaml'));
  assert.ok(areTogether('/w/startos/manifest.ts', '/w/startos/actions/a.ts'));
  assert.ok(areTogether('/w/startos/data.json', '/w/startos/manifest.ts'));
  assert.ok(!areTogether('/startos/a/startos/manifest.ts', '/startos/b/startos/manifest.ts'));
  assert.ok(!areTogether('/startos/a/manifest.yaml', '/startos/b/manifest.yaml'));
  assert.ok(!areTogether('/w/manifest.yaml', '/w/manifest.json'));
});
