/**
 * The library: what programs do with packages and wrappers, as functions. Reading (`open`, `verify`, `lint`) never runs anything;
 * `pack` runs the wrapper's own code and its builds, for trusted folders only.
 *
 * What is wrong with what they are given are findings, each with a code of a closed list and a place; a promise is rejected for
 * failing I/O (the file system's error), with the signal's reason, and with a `FindingError` where there is nothing to return.
 */
export { type Finding, FindingError, type Place } from '../engine/finding.ts';
export type { FindingClass, FindingCode, Severity } from '../engine/finding-codes.ts';
export type { Progress } from '../engine/progress.ts';
export type { Commitment, PackedPackage, Signer, Verified } from './facts.ts';
export { type Linted, type LintedManifest, type LintOptions, lint } from './lint.ts';
export { type OpenOptions, type OpenPackage, open, type PackageEntry } from './open.ts';
export { type PackOptions, type PackResult, pack } from './pack.ts';
export { type Verification, type VerifyOptions, verify } from './verify.ts';
