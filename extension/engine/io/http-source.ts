import type { ByteSource } from './byte-source.ts';

/** No answer at all for this long counts as a failure. */
const TIMEOUT_MS = 30_000;

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
    return new Uint8Array(await response.arrayBuffer());
  }
}

async function request(url: string, position: number, length: number, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, {
    headers: { range: `bytes=${position}-${position + length - 1}` },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (response.status === 206) return response;
  await response.body?.cancel();
  throw new Error(`${url}: the server answered ${response.status} to a range request`);
}
