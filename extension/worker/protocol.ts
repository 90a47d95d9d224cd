import type { Difference, ManifestDifference } from '../engine/browse/compare.ts';
import type { PackageNode } from '../engine/browse/package-browser.ts';
import type { Weighed } from '../engine/browse/weigh.ts';
import type { Checkup } from '../engine/doctor.ts';
import type { Finding } from '../engine/finding.ts';
import type { BuildUpdate } from '../engine/image/build/build-progress.ts';
import type { DependencyIcon } from '../engine/pack/dependencies/dependency-metadata.ts';
import type { BuiltImage } from '../engine/pack/images/build-images.ts';
import type { ImageInput } from '../engine/pack/images/pack-images.ts';
import type { InputPaths } from '../engine/pack/inputs.ts';
import type { Progress } from '../engine/progress.ts';
import type { NewWrapper, NewWrapperOptions } from '../engine/scaffold/new-wrapper.ts';
import type { WritableCompressor } from '../engine/squashfs/codec/compress.ts';
import type { TextReport } from '../manifest/lint-text.ts';
import type { Migrated, MigrateOptions, MigrationPlan } from '../manifest/wrapper/migrating/migrate-folder.ts';
import type { Step } from '../manifest/wrapper/step.ts';

/**
 * What the extension host and the worker say to each other: plain data that survives a structured clone. The host
 * sends requests and cancellations, the worker answers with progress, lines of output, and one result or failure.
 */

export interface PackRequest {
  readonly folder: string;
  /** For which StartOS, where the folder holds a manifest for each. */
  readonly generation?: '0.3' | '0.4';
  readonly output?: string;
  readonly arch: readonly string[];
  readonly images: readonly ImageInput[];
  readonly dependencyIcons?: readonly DependencyIcon[];
  readonly key?: string;
  readonly build: 'auto' | 'never';
  readonly builder?: string;
  readonly compressor?: WritableCompressor;
  readonly inputs?: InputPaths;
}

/** A package, and whose signatures are known. */
export interface DescribeRequest {
  readonly file: string;
  /** Public keys that the user trusts, in hexadecimal, by the name they gave them. */
  readonly knownSigners: Readonly<Record<string, string>>;
  /** Whether keys that lie in the package's folder or above are the user's own: not in a folder that nobody trusts. */
  readonly ownKeys: boolean;
}

export interface VerifyRequest extends DescribeRequest {
  /** The wrapper that the package was made from, if it is known: findings about the manifest are placed in its text. */
  readonly manifestFile?: string;
}

export interface LintRequest {
  readonly folder: string;
  /** Whether the wrapper's own bundle may be run for what its text does not tell. */
  readonly mayRun: boolean;
  /** Says what is wrong with the manifest's own text too. */
  readonly whole?: true;
}

/** A wrapper for 0.3, and where one for 0.4 is made of it. */
export type MigrateRequest = Omit<MigrateOptions, 'signal'>;

/** What is wrong around a wrapper's manifest; its own text is checked while it is typed, and here if it is asked for. */
export interface LintAnswer {
  readonly findings: readonly Finding[];
}

/** A text that is being typed, and those that may belong to it: what is on the disk is read there. */
export interface LintTextRequest {
  readonly file: string;
  /** Texts as the editor has them, that of `file` among them. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
}

export interface LintTextAnswer {
  /** Undefined if the text belongs to no manifest. */
  readonly report?: TextReport | undefined;
}

export interface BuildImagesRequest {
  readonly folder: string;
  /** None: all. */
  readonly ids: readonly string[];
  readonly arch: readonly string[];
  readonly images: readonly ImageInput[];
  readonly builder?: string;
  readonly compressor?: WritableCompressor;
}

export interface BuildImagesAnswer {
  readonly findings: readonly Finding[];
  readonly built: readonly BuiltImage[];
}

export interface DoctorRequest {
  readonly folder: string;
  readonly builder?: string;
}

export interface DoctorAnswer {
  readonly checkups: readonly Checkup[];
}

/** A file or folder of a package, or of an image in it, by its path. */
export interface LookRequest {
  readonly file: string;
  readonly path: string;
}

export interface StatAnswer {
  /** Undefined if there is nothing at the path. Links lead inside their image only. */
  readonly node?: PackageNode;
}

/** A page of the names in a folder or an image. */
export interface ListRequest extends LookRequest {
  /** Names before the page. */
  readonly from?: number;
  /** Names on it; a page of the budget's size if nothing else is said. */
  readonly count?: number;
}

export interface ListAnswer extends StatAnswer {
  readonly children: readonly PackageNode[];
  /** Whether there are names after the page. */
  readonly isCut: boolean;
  /** What is wrong with the folder and not in the way of listing it. */
  readonly findings: readonly Finding[];
}

export interface ReadAnswer {
  readonly bytes: Uint8Array;
}

export interface PackAnswer {
  readonly findings: readonly Finding[];
  readonly manifestFile?: string;
  readonly made?: { readonly path: string; readonly size: number; readonly title: string; readonly version: string };
}

export interface VerifyAnswer {
  readonly findings: readonly Finding[];
  readonly verdict: 'verified' | 'unusual' | 'incomplete' | 'damaged' | 'unreadable';
  readonly signer?: { readonly publicKey: string; readonly fingerprint: string; readonly name?: string };
}

/** One file or folder of a package. */
export interface EntrySummary {
  readonly name: string;
  /** From the package's root. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'missing';
  /** Bytes; of a directory, the sum of what is in it. */
  readonly size: number;
  readonly children?: readonly EntrySummary[];
  /** There is more in it, which is asked for when somebody opens it. */
  readonly isLazy?: true;
}

/** What a package is, from its header, its tables and its manifest; contents are not read. */
export interface PackageSummary {
  readonly size: number;
  readonly findings: readonly Finding[];
  readonly opens: boolean;
  /** What it is for, where that is not the newest StartOS. */
  readonly startos?: '0.3';
  readonly title?: string;
  readonly id?: string;
  readonly version?: string;
  readonly arch?: readonly string[];
  readonly signer?: {
    readonly publicKey: string;
    readonly fingerprint: string;
    readonly name?: string;
    /** Only verifying tells whether the signature is that key's. */
    readonly isUnchecked?: true;
  };
  readonly rootSighash?: string;
  /** Ids of other packages that it needs. */
  readonly dependencies?: readonly { readonly id: string; readonly optional: boolean }[];
  readonly volumes?: readonly string[];
  /** The manifest as JSON, if it has its signed hash. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** A file of the wrapper around it that is newer than the package. */
  readonly newerSource?: string;
  readonly entries: readonly EntrySummary[];
  /** There are more entries, which are listed when somebody asks for them. */
  readonly isCut?: true;
}

/** A text, and its language if it has several. */
export interface PageText {
  readonly tag?: string;
  readonly text: string;
}

export interface PageIcon {
  readonly mime: string;
  readonly base64: string;
}

export interface PageImage {
  readonly id: string;
  readonly arch: string;
  /** In the package. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Left out of a partial package. */
  readonly isMissing: boolean;
  /** How its blocks are compressed; unknown if it is no squashfs image. */
  readonly compressor?: string;
}

/** What the page of a package shows; whatever cannot be had of a damaged one is absent. */
export interface PackagePage {
  readonly summary: PackageSummary;
  readonly commitment?: { readonly rootSighash: string; readonly rootMaxsize: number };
  readonly order?: 'priority' | 'name';
  readonly icon?: PageIcon;
  readonly texts: readonly {
    readonly name: 'short' | 'long' | 'releaseNotes' | 'preDownloadAlert';
    readonly texts: readonly PageText[];
  }[];
  /** Values of the manifest by their keys; absent ones are left out. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly images: readonly PageImage[];
  readonly dependencies: readonly {
    readonly id: string;
    readonly optional: boolean;
    /** Versions that will do, and what must hold, as the manifest says them. */
    readonly wanted: readonly string[];
    readonly title?: readonly PageText[];
    readonly description?: readonly PageText[];
    readonly icon?: PageIcon;
  }[];
  /** Every file with its bytes, the largest first. */
  readonly shares: readonly { readonly path: string; readonly size: number }[];
}

export interface CompareAnswer {
  /** What could not be compared. */
  readonly findings: readonly Finding[];
  readonly manifest: readonly ManifestDifference[];
  readonly files: readonly Difference[];
  /** Whether there were more than can be shown. */
  readonly isCut: boolean;
}

/** A file in a package or in an image of it. */
export interface SizedName {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

export interface EditRequest {
  readonly file: string;
  readonly output?: string;
  /** JSON pointers with plain values; without one, what is there is removed. */
  readonly changes: readonly { readonly path: string; readonly value?: unknown }[];
  readonly images: readonly { readonly id: string; readonly arch: string; readonly path: string }[];
  readonly key?: string;
}

/** A package for StartOS 0.3 that becomes one for 0.4. */
export interface ConvertSectionsRequest {
  readonly file: string;
  readonly output: string;
  readonly images: readonly ImageInput[];
  readonly key?: string;
  readonly compressor?: WritableCompressor;
}

export interface ConvertSectionsAnswer extends Pick<PackAnswer, 'findings' | 'made'> {
  /** How many values are other ones, or gone; the findings say which. */
  readonly changes: number;
}

export interface ExportImageRequest {
  readonly file: string;
  readonly id: string;
  readonly arch: string;
  readonly format: 'tar' | 'oci';
  readonly output: string;
}

/** Every kind of request with its answer. */
export interface Requests {
  pack: { params: PackRequest; answer: PackAnswer };
  verify: { params: VerifyRequest; answer: VerifyAnswer };
  lint: { params: LintRequest; answer: LintAnswer };
  lintText: { params: LintTextRequest; answer: LintTextAnswer };
  buildImages: { params: BuildImagesRequest; answer: BuildImagesAnswer };
  stat: { params: LookRequest; answer: StatAnswer };
  list: { params: ListRequest; answer: ListAnswer };
  read: { params: LookRequest; answer: ReadAnswer };
  doctor: { params: DoctorRequest; answer: DoctorAnswer };
  clearCache: { params: Record<string, never>; answer: { readonly removed: number } };
  describe: { params: DescribeRequest; answer: PackageSummary };
  checklist: {
    params: { readonly folder: string; readonly mayRun: boolean };
    answer: { readonly steps: readonly Step[] };
  };
  newWrapper: { params: NewWrapperOptions; answer: NewWrapper };
  planMigration: { params: MigrateRequest; answer: MigrationPlan };
  migrate: { params: MigrateRequest; answer: Migrated };
  compare: { params: { readonly before: string; readonly after: string }; answer: CompareAnswer };
  extract: {
    params: { readonly file: string; readonly path: string; readonly output: string; readonly intoImage: boolean };
    answer: { readonly findings: readonly Finding[]; readonly files: number };
  };
  paths: {
    params: { readonly file: string };
    answer: { readonly paths: readonly SizedName[]; readonly isCut: boolean };
  };
  weigh: { params: LookRequest; answer: Weighed };
  edit: {
    params: EditRequest;
    answer: { readonly findings: readonly Finding[]; readonly made?: { readonly path: string; readonly size: number } };
  };
  convert: {
    params: { readonly file: string; readonly order: 'priority' | 'name' };
    answer: { readonly changed: boolean; readonly size: number };
  };
  convertSections: { params: ConvertSectionsRequest; answer: ConvertSectionsAnswer };
  exportImage: {
    params: ExportImageRequest;
    answer: { readonly leftOut: readonly string[] };
  };
  page: { params: DescribeRequest; answer: PackagePage };
}

export type RequestKind = keyof Requests;

/** One request of a kind, or of any. */
export type Request<K extends RequestKind = RequestKind> = {
  [Kind in K]: { readonly type: Kind; readonly id: number; readonly params: Requests[Kind]['params'] };
}[K];

export type ToWorker = Request | { readonly type: 'cancel'; readonly id: number };

/**
 * Whether a package is known by an address such as `vscode-vfs://github/a/b.s9pk`, and not by its path on a disk. One letter and
 * a colon are a drive.
 */
export function isAddress(file: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(file);
}

/** Of what is known by its address: the bytes of a package, before requests about it, until it is dropped. */
export type Handover =
  | { readonly type: 'hold'; readonly file: string; readonly stamp: string; readonly bytes: Uint8Array }
  | { readonly type: 'drop'; readonly file: string };

export type FromWorker =
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'log'; readonly id: number; readonly line: string }
  | { readonly type: 'build'; readonly id: number; readonly update: BuildUpdate }
  | { readonly type: 'checked'; readonly id: number; readonly path: string; readonly isGood: boolean }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Requests[RequestKind]['answer'] }
  | { readonly type: 'failed'; readonly id: number; readonly message: string; readonly cancelled: boolean };
