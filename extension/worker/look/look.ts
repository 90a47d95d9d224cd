import type { Packages } from '../packages/packages.ts';
import type { Request, RequestKind, Requests } from '../protocol.ts';
import { describePackage } from './describe-package.ts';
import { listInPackage, readInPackage, statInPackage } from './look-into-package.ts';
import { pageOfPackage } from './page-of-package.ts';
import { compare, pathsIn, weighIn } from './survey-package.ts';
import { type VerifyWork, verifyFile } from './verify-file.ts';

/** What only reads packages: it is done the same on a disk and in a browser. */
export type LookKind = 'describe' | 'page' | 'verify' | 'stat' | 'list' | 'read' | 'compare' | 'paths' | 'weigh';

type Looks = {
  readonly [K in LookKind]: (
    packages: Packages,
    params: Requests[K]['params'],
    work: VerifyWork,
  ) => Promise<Requests[K]['answer']>;
};

const LOOKS: Looks = {
  describe: describePackage,
  page: pageOfPackage,
  verify: verifyFile,
  stat: statInPackage,
  list: listInPackage,
  read: readInPackage,
  compare,
  paths: pathsIn,
  weigh: weighIn,
};

export function isLook(request: Request<RequestKind>): request is Request<LookKind> {
  return request.type in LOOKS;
}

export function look<K extends LookKind>(
  packages: Packages,
  { type, params }: Request<K>,
  work: VerifyWork,
): Promise<Requests[K]['answer']> {
  return LOOKS[type](packages, params, work);
}
