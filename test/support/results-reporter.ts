import type { EventData } from 'node:test';
import { keepResults } from './results.ts';

type Event =
  | { readonly type: 'test:pass' | 'test:fail'; readonly data: EventData.TestPass | EventData.TestFail }
  | { readonly type: 'test:summary'; readonly data: EventData.TestSummary };

/**
 * A reporter for Node's test runner that prints nothing: it keeps how many tests passed, failed and were skipped, under the name of
 * the folder of `test/` that they are in.
 */
export default async function* report(events: AsyncIterable<Event>): AsyncGenerator<string> {
  const files = new Set<string>();
  for await (const event of events) {
    if (event.type === 'test:pass' || event.type === 'test:fail') files.add(event.data.file ?? '');
    // Each file has a summary, too; that of the run has no file.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const [, suite = 'unit'] = /[\\/]test[\\/](\w+)[\\/]/.exec([...files].join()) ?? [];
    const { tests, passed, skipped, todo } = event.data.counts;
    const left = skipped + todo;
    await keepResults(suite, { tests: { files: files.size, passed, failed: tests - passed - left, skipped: left } });
    yield '';
  }
}
