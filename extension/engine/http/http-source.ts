import { BUDGET } from '../budget.ts';
import type { ByteSource } from '../io/byte-source.ts';
import { fetchFollowing } from './fetch-following.ts';

/** A file on a web server, read piecewise with range requests. */
export class HttpSource implements ByteSource {
  readonly size: number;
  private readonly url: string;
  private readonly signal: AbortSignal | undefined;

  private constructor(url: string, size: number, signal: AbortSignal | undefined) {
    this.url = url;
    this.size = size;
    this.signal = signal;
  }

  /** @throws Error if the server cannot be reached, refuses, or does not answer range requests. */
  static async open(url: string, signal?: AbortSignal): Promise<HttpSource> {
    const response = await request(url, 0, 1, signal);
    const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (total === undefined) throw new Error(`${url}: the server does not tell the file's length`);
    return new HttpSource(url, Number(total), signal);
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.size - position));
    if (wanted === 0) return new Uint8Array(0);
    const response = await request(this.url, position, wanted, this.signal);
    return takeExactly(response, wanted, this.url);
  }
}

/** As many bytes as were asked for: a server that sends more is hung up on. @throws Error if it sends fewer. */
async function takeExactly(response: Response, wanted: number, url: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(wanted);
  let filled = 0;
  for await (const chunk of response.body ?? []) {
    if (filled + chunk.length > wanted) throw new Error(`${url}: the server sent more than it was asked for`);
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < wanted) throw new Error(`${url}: the server sent ${filled} of ${wanted} bytes`);
  return bytes;
}

async function request(url: string, position: number, length: number, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(BUDGET.serverMs);
  const response = await fetchFollowing(url, {
    headers: { range: `bytes=${position}-${position + length - 1}` },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (response.status === 206) return response;
  await response.body?.cancel();
  throw new Error(`${url}: the server answered ${response.status} to a range request`);
}
