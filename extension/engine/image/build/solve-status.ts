/** What BuildKit prints with `--progress rawjson` (client.SolveStatus); only what is used. Texts of logs and warnings are in base64. */
export interface SolveStatus {
  readonly vertexes: readonly Vertex[];
  readonly statuses: readonly {
    readonly vertex: string;
    readonly current: number;
    readonly total?: number | undefined;
  }[];
  readonly logs: readonly { readonly vertex: string; readonly data: string }[];
  readonly warnings: readonly {
    readonly short: string;
    readonly detail: readonly string[];
    readonly url?: string | undefined;
    /** Line of the Dockerfile, from 1. */
    readonly line?: number | undefined;
  }[];
}

interface Vertex {
  readonly digest: string;
  readonly name?: string | undefined;
  readonly started?: string | undefined;
  readonly completed?: string | undefined;
  readonly cached: boolean;
  readonly error?: string | undefined;
}

/** Takes what has the right form out of a parsed object; the rest of it, which another program may have printed, is passed over. */
export function readSolveStatus(value: unknown): SolveStatus {
  return {
    vertexes: listIn(value, 'vertexes').flatMap((item) => {
      const digest = textIn(item, 'digest');
      if (digest === undefined) return [];
      const [name, started, completed, error] = ['name', 'started', 'completed', 'error'].map((key) =>
        textIn(item, key),
      );
      return [{ digest, name, started, completed, error, cached: fieldIn(item, 'cached') === true }];
    }),
    statuses: listIn(value, 'statuses').flatMap((item) => {
      const [vertex, current] = [textIn(item, 'vertex'), countIn(item, 'current')];
      return vertex === undefined || current === undefined ? [] : [{ vertex, current, total: countIn(item, 'total') }];
    }),
    logs: listIn(value, 'logs').flatMap((item) => {
      const [vertex, data] = [textIn(item, 'vertex'), textIn(item, 'data')];
      return vertex === undefined || data === undefined ? [] : [{ vertex, data }];
    }),
    warnings: listIn(value, 'warnings').flatMap((item) => {
      const short = textIn(item, 'short');
      if (short === undefined) return [];
      const detail = listIn(item, 'detail').filter((text) => typeof text === 'string');
      const line = countIn(fieldIn(listIn(item, 'range')[0], 'start'), 'line');
      return [{ short, detail, url: textIn(item, 'url'), line }];
    }),
  };
}

function fieldIn(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function listIn(value: unknown, key: string): readonly unknown[] {
  const list = fieldIn(value, key);
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, key: string): string | undefined {
  const text = fieldIn(value, key);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** A number over 0. */
function countIn(value: unknown, key: string): number | undefined {
  const count = fieldIn(value, key);
  return typeof count === 'number' && count > 0 && Number.isFinite(count) ? count : undefined;
}
