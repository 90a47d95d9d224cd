import { durationInMs } from '../../../engine/package/duration.ts';
import { list, object, print, quote } from '../code.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { at, numberAt, textAt, textsAt } from '../read.ts';
import { askPort, checksOf, daemonId } from './health.ts';
import { primaryPort } from './interfaces.ts';
import { mountsCode } from './mounts.ts';

/**
 * `startos/main.ts`: the service's process with what 0.3 mounted for it, and its health checks.
 * @param before lines at the beginning of the function, which has `effects`
 */
export function writeMain(draft: Draft, before: readonly string[]): void {
  const file = draft.file('startos/main.ts');
  const main = at(draft.manifest, 'main');
  const sdk = file.use('sdk', 'startos/sdk');
  const image = quote(textAt(main, 'image') ?? 'main');
  const id = daemonId(draft);
  const checks = checksOf(draft, file);
  const isScript = textAt(main, 'type') !== 'docker';
  const shm = numberAt(main, 'shm-size-mb');
  const command = isScript
    ? `${sdk}.useEntrypoint()`
    : list([textAt(main, 'entrypoint') ?? '', ...textsAt(main, 'args')].map(quote));
  const timeout = durationInMs(textAt(main, 'sigterm-timeout') ?? '');
  const exec = object({ command, sigtermTimeout: timeout === undefined ? undefined : String(timeout) });
  const marks = [
    ...(isScript ? [mark('migrate-main', 'a script started the service; say here what it ran')] : []),
    ...(shm === undefined
      ? []
      : [
          mark('migrate-main', `StartOS 0.3 gave the service ${shm} MB of /dev/shm; StartOS 0.4 has no setting for it`),
        ]),
  ];
  const port = primaryPort(draft);
  const ready =
    port === undefined
      ? ["fn: () => ({ result: 'success', message: null }),"]
      : askPort(draft, file, draft.title, port);
  // Where health checks speak to users, the daemon itself is only waited for.
  const display = checks.length > 0 || port === undefined ? 'null' : file.say(draft.title);
  const chain = [
    `export const main = ${sdk}.setupMain(async ({ effects }) => {`,
    ...before,
    `  const mounts = ${mountsCode(draft, main, 'main', file)};`,
    `  const subcontainer = ${sdk}.SubContainer.of(effects, { imageId: ${image} }, mounts, 'main');`,
    ...marks.map((line) => `  ${line}`),
    `  return ${sdk}.Daemons.of(effects)`,
    `    .addDaemon(${quote(id)}, {`,
    '      subcontainer,',
    `      exec: ${print(exec, 6, 7)},`,
    '      ready: {',
    `        display: ${display},`,
    ...ready.map((line) => `        ${line}`),
    '      },',
    '      requires: [],',
    '    })',
    ...checks.flatMap((check) => [
      `    .addHealthCheck(${quote(check.id)}, {`,
      `      ready: ${check.ready.map((line, index) => (index === 0 ? line : `      ${line}`)).join('\n')},`,
      `      requires: [${check.asksService ? quote(id) : ''}],`,
      '    })',
    ]),
  ];
  file.add([...chain.slice(0, -1), '    });', '});']);
}
