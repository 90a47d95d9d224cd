import { lookup } from 'node:dns/promises';
import { isPrivateAddress } from './private-address.ts';

/** Addresses that a server may send us on to, one after the other. */
const MAX_REDIRECTS = 5;

/** A server sends us where we do not go. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
}

/**
 * Fetches an address that a user named. Its server may send us on to another public one, never to a weaker protocol or into
 * the network that we are in: there are machines which trust whoever is inside.
 * @throws RedirectError; what `fetch` throws
 */
export async function fetchFollowing(url: string, options: RequestInit): Promise<Response> {
  let address = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(address, { ...options, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    await response.body?.cancel();
    if (redirects >= MAX_REDIRECTS) throw new RedirectError(`${url} sends us on and on`);
    const next = new URL(location, address);
    await checkRedirect(address, next, url);
    address = next;
  }
}

async function checkRedirect(from: URL, to: URL, url: string): Promise<void> {
  const isWeaker = to.protocol !== 'https:' && !(to.protocol === 'http:' && from.protocol === 'http:');
  if (isWeaker) throw new RedirectError(`${url} sends us on to ${to.protocol}//, which is not followed`);
  if (to.hostname === from.hostname) return;
  for (const { address } of await lookup(to.hostname.replace(/^\[|\]$/g, ''), { all: true })) {
    if (isPrivateAddress(address))
      throw new RedirectError(`${url} sends us on to ${to.host}, which is a private address and not followed`);
  }
}
