import { call, object, print, quote } from '../code.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { textAt } from '../read.ts';

/** When StartOS 0.3 showed the others. */
const OTHERS = { uninstall: 'before removing the service', start: 'before starting it', stop: 'before stopping it' };

/**
 * `startos/alerts.ts`: what 0.3 showed before installing and restoring is a notification after it; for the rest 0.4 has no
 * place.
 * @returns whether there is one
 */
export function writeAlerts(draft: Draft): boolean {
  const alert = (key: string) => plain(textAt(draft.manifest, 'alerts', key) ?? '');
  const shown = (['install', 'restore'] as const).filter((kind) => alert(kind) !== '');
  const others = Object.entries(OTHERS).filter(([kind]) => alert(kind) !== '');
  if (shown.length + others.length === 0) return false;
  const file = draft.file('startos/alerts.ts');
  const sdk = file.use('sdk', 'startos/sdk');
  for (const [kind, when] of others) {
    const what = `StartOS 0.3 showed this ${when}; StartOS 0.4 does not: put it into instructions.md if it still matters`;
    file.add([mark('migrate-text', what), `// ${asComment(alert(kind))}`]);
  }
  file.add([
    ...(shown.length > 0 ? ['/** What StartOS 0.3 showed before installing and restoring. */'] : []),
    `export const showAlerts = ${sdk}.setupOnInit(async (${shown.length > 0 ? 'effects, kind' : ''}) => {`,
    ...shown.flatMap((kind) => {
      const notification = object({
        level: quote('warning'),
        title: quote(draft.title),
        message: file.say(alert(kind)),
      });
      return [
        `  if (kind === ${quote(kind)}) {`,
        `    await ${print(call(`${sdk}.notification.create`, 'effects', notification), 4)};`,
        '  }',
      ];
    }),
    '});',
  ]);
  return true;
}

/** A text without its HTML, which notifications do not show as such. */
function plain(text: string): string {
  return text
    .replace(/<\/?[a-z][a-z0-9]*(?:\s[^<>]*)?>/gi, '')
    .split(/\r?\n/)
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();
}

/** Lines of a comment. */
function asComment(text: string): string {
  return text.split(/[\r\n\u2028\u2029]+/).join('\n// ');
}
