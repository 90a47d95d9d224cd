import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { toTerminal } from '../../../extension/cli/output.ts';
import { toGitHub } from '../../../extension/cli/print-findings.ts';
import { printableName } from '../../../extension/engine/archive/names.ts';
import { finding } from '../../../extension/engine/finding.ts';
import { visibleJson, visibleLines, visibleText } from '../../../extension/engine/visible-text.ts';
import { otherExits } from '../../../scripts/check-exits.ts';

const HOSTILE = 'a\u001b[31mb\u009bc\u202ed\u200be\r\n::error::f\u2028g\udcffh\u{e0041}';
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

test('what is invisible becomes visible, in one line and in several', () => {
  assert.equal(
    visibleText(HOSTILE),
    'a\\u001b[31mb\\u009bc\\u202ed\\u200be\\u000d\\u000a::error::f\\u2028g\\xffh\\udb40\\udc41',
  );
  assert.equal(printableName('a\u0007b'), 'a\\u0007b');
  assert.equal(visibleLines('a\tb\r\nc\nd\re'), 'a\tb\r\nc\nd\\u000de');
  assert.equal(visibleText('\udc80\udcff\udc7f'), '\\x80\\xff\\udc7f');
  assert.equal(visibleJson({ a: 'b\u009b' }, 2), '{\n  "a": "b\\u009b"\n}');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.ok(!RAW.test(visibleText(text)) && !/[\n\t\r]/.test(visibleText(text)));
      assert.ok(!RAW.test(visibleLines(text).replaceAll('\r\n', '')));
      assert.deepEqual(JSON.parse(visibleJson({ text })), { text });
      assert.ok(!RAW.test(visibleJson({ text })));
    }),
  );
});

test('ordinary text of every language stays as it is', () => {
  for (const text of ['Größe', '日本語', 'שלום', '👩‍💻'.replaceAll('\u200d', ''), 'naïve café', '→ ✓'])
    assert.equal(visibleText(text), text);
});

test('an annotation is one line, whatever the finding says', () => {
  const line = toGitHub(
    finding('name-unsafe', `100 %\n::error::x${HOSTILE}`, { path: `p,:\n${HOSTILE}`, file: '/a\nb' }),
  );
  assert.ok(!line.includes('\n') && !RAW.test(line));
  assert.match(line, /^::error file=.*%0A.*::100 %25%0A::error::x/);
  assert.match(line, /title=name-unsafe at p%2C%3A/);
});

test('no line of output is a command to GitHub’s runner', () => {
  const before = process.env['GITHUB_ACTIONS'];
  process.env['GITHUB_ACTIONS'] = 'true';
  try {
    assert.equal(toTerminal('a\n  ::set-env name=x::y\n##[error]z'), 'a\n  : :set-env name=x::y\n## [error]z');
  } finally {
    if (before === undefined) delete process.env['GITHUB_ACTIONS'];
    else process.env['GITHUB_ACTIONS'] = before;
  }
});

test('other ways out are refused', () => {
  for (const line of [
    'console.log(x)',
    'process.stdout.write(x)',
    'vscode.window.showErrorMessage(x)',
    'new vscode.MarkdownString(x)',
  ])
    assert.equal(otherExits('host/x.ts', line).length, 1, line);
  assert.deepEqual(otherExits('cli/output.ts', 'process.stdout.write(x)'), []);
  assert.deepEqual(otherExits('host/say.ts', 'vscode.window.showErrorMessage(x)'), []);
});
