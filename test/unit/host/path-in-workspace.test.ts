import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeInWorkspace, wayInside } from '../../../extension/host/manifest/path-in-workspace.ts';

const one = [{ name: 'wrapper', path: '/work/wrapper' }];
const two = [...one, { name: 'other', path: '/work/other' }];

/** The folder and the way in it, in one line. */
function place(path: string, folders: typeof one): string | undefined {
  const found = placeInWorkspace(path, folders);
  return found && `${found.folder.name}:${found.inside}`;
}

test('paths lead into the workspace, and never out of it', () => {
  assert.equal(place('', one), 'wrapper:');
  assert.equal(place('a/b.s9pk', one), 'wrapper:a/b.s9pk');
  assert.equal(place('a/../b', one), 'wrapper:b');
  assert.equal(place('/work/wrapper', one), 'wrapper:');
  assert.equal(place('/work/wrapper/a', one), 'wrapper:a');
  assert.equal(place('..a', one), 'wrapper:..a');
  for (const path of ['..', '../x', 'a/../../x', '/work/wrapper/../x', '/work/wrapper-2/x', '/', '/work'])
    assert.equal(place(path, one), undefined, path);
});

test('the name of a folder counts where there are several', () => {
  assert.equal(place('wrapper/a', one), 'wrapper:wrapper/a');
  assert.equal(place('wrapper/a', two), 'wrapper:a');
  assert.equal(place('other', two), 'other:');
  assert.equal(place('other/a', two), 'other:a');
  assert.equal(place('other//etc/passwd', two), 'other:etc/passwd');
  assert.equal(place('other/../wrapper/a', two), 'wrapper:a');
  assert.equal(place('other/../x', two), undefined);
  assert.equal(place('a', two), 'wrapper:a');
  assert.equal(place('a', []), undefined);
});

test('so do paths of Windows', () => {
  const folders = [{ name: 'wrapper', path: 'c:\\work\\wrapper' }];
  assert.equal(place('a\\b', folders), 'wrapper:a/b');
  assert.equal(place('C:\\Work\\wrapper\\a', folders), 'wrapper:a');
  for (const path of ['c:\\work\\wrapper\\..\\x', 'd:\\work\\wrapper', '..\\x', '/work/x', '\\\\server\\share\\x'])
    assert.equal(place(path, folders), undefined, path);
});

test('what begins with the name of a folder is not in it', () => {
  assert.equal(wayInside('/work/wrapper', '/work/wrapper-2/a'), undefined);
  assert.equal(wayInside('/work/wrapper', '/work/wrapper/a'), 'a');
});
