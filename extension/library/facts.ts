/** What the library and `--json` say of packages. Types only, which those who use them can do without the engine's. */

/** What a registry lists a package for StartOS 0.4 by. */
export interface Commitment {
  /** Hash of the root table of contents: base64 without padding. */
  readonly rootSighash: string;
  /** Bytes of that table at most. */
  readonly rootMaxsize: number;
}

/** A key that signs packages; its secret half stays where it is. */
export interface Signer {
  /** Ed25519 public key, 64 hexadecimal digits. */
  readonly publicKey: string;
  /** The same, short enough to compare by eye. */
  readonly fingerprint: string;
}

/** A package that was made. */
export interface PackedPackage {
  /** The StartOS that it is for. */
  readonly generation: '0.3' | '0.4';
  /** Its file, absolute. */
  readonly output: string;
  /** Bytes. */
  readonly size: number;
  readonly id?: string;
  readonly version?: string;
  /** Of a package for StartOS 0.4. */
  readonly commitment?: Commitment;
  /** Of a package for StartOS 0.3: the hash of all its bytes. */
  readonly hash?: string;
  readonly order?: 'priority' | 'name';
  /** The commit that is recorded in it. */
  readonly commit: string | null;
  readonly architectures: readonly string[];
  readonly images: readonly { readonly id: string; readonly arch: readonly string[] }[];
  readonly signer: Signer & { readonly file: string };
}

/** What a verification answers, whichever StartOS the package is for. */
export interface Verified {
  /** 1: StartOS 0.3. 2: StartOS 0.4. */
  readonly generation: 1 | 2;
  /** Devices open it. */
  readonly opens: boolean;
  /** It opens and holds what was signed. */
  readonly intact: boolean;
  /** A packer writes it exactly so. */
  readonly canonical: boolean;
  /** It opens, its manifest is good and everything a package must hold is there. */
  readonly complete: boolean;
  readonly id?: string;
  readonly version?: string;
  /** In which order the contents follow each other, of generation 2. */
  readonly order?: 'priority' | 'name';
  /** Ed25519 public key of the signer, 64 hexadecimal digits. */
  readonly signer?: string;
  /** Of generation 2. */
  readonly commitment?: Commitment;
  /** Of generation 1, if the signature holds: the hash that its tools show. */
  readonly hash?: string;
  /** Whether the signer is one of those that were said to be known. */
  readonly signerKnown: boolean;
}
