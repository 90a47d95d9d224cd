import { describePackage } from './describe-package.ts';
import { listInPackage, readInPackage } from './look-into-package.ts';
import type { Packages } from './packages.ts';
import { pageOfPackage } from './page-of-package.ts';
import type { Request, RequestKind, Requests } from './protocol.ts';
import { compare, largestIn, pathsIn } from './survey-package.ts';
import { type VerifyWork, verifyFile } from './verify-file.ts';

/** What only reads packages: it is done the same on a disk and in a browser. */
export type LookKind = 'describe' | 'page' | 'verify' | 'list' | 'read' | 'compare' | 'paths' | 'largest';

const LOOK_KINDS: ReadonlySet<RequestKind> = new Set<LookKind>([
  ...(['describe', 'page', 'verify', 'list', 'read', 'compare', 'paths', 'largest'] as const),
]);

export function isLook(request: Request): request is Request<LookKind> {
  return LOOK_KINDS.has(request.type);
}

export function look(
  packages: Packages,
  request: Request<LookKind>,
  work: VerifyWork,
): Promise<Requests[LookKind]['answer']> {
  switch (request.type) {
    case 'describe':
      return describePackage(packages, request.params);
    case 'page':
      return pageOfPackage(packages, request.params);
    case 'verify':
      return verifyFile(packages, request.params, work);
    case 'list':
      return listInPackage(packages, request.params);
    case 'read':
      return readInPackage(packages, request.params);
    case 'compare':
      return compare(packages, request.params, work);
    case 'paths':
      return pathsIn(packages, request.params, work);
    case 'largest':
      return largestIn(packages, request.params, work);
  }
}
