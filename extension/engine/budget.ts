/**
 * What files of strangers may make us do. Everything that a package, an image, a tar, a manifest or a program counts or
 * claims is held against a number here before memory, time or room on the disk is spent on it. docs/limits.md tells
 * users of each and why; a test compares the two.
 *
 * Bytes, where nothing else is said; Ki, Mi and Gi are powers of two.
 */
export const BUDGET = {
  /** One name: NAME_MAX of Linux, and all that squashfs has room for. */
  nameBytes: 255,
  /** A path, and the target of a link: PATH_MAX of Linux without its NUL. */
  pathBytes: 4095,
  /** Levels of folders in an image: each name and its slash take two bytes of a path. */
  imageDepth: 2047,
  /** Symbolic links followed in one path: the kernel's own number. */
  linksFollowed: 40,

  /** A name in an archive, which the format does not limit: no longer than a path. */
  archiveNameBytes: 4095,
  /** Levels of tables of contents in an archive; real packages have four. */
  archiveDepth: 256,
  /** Entries of an archive; real packages have a few dozen. */
  archiveEntries: 1 << 20,
  /** All tables of contents of an archive together. */
  archiveTableBytes: 64 << 20,

  /** Names in one folder of an image; package managers' caches have some hundred thousand. */
  folderEntries: 1 << 20,
  /** Names that one walk through a package or an image meets, or that layers bring; whole distributions have a fifth of them. */
  walkedEntries: 1 << 20,
  /** One file of an image, unpacked: an eighth of the largest disk that StartOS is sold with. */
  fileBytes: 2 ** 38,
  /** All files of an image, unpacked. */
  imageBytes: 2 ** 40,
  /** Extended attributes of one inode, and bytes of a value: the kernel takes 64 KiB for all of them. */
  xattrs: 4096,
  xattrBytes: 1 << 16,
  /** All names and values of one inode. */
  xattrSetBytes: 1 << 20,
  /** All names, targets of links, extended attributes and maps of sparse files of a tree, shared ones each time; real ones have megabytes. */
  treeKeptBytes: 256 << 20,
  /** A PAX header or a long name of a tar. */
  tarExtensionBytes: 16 << 20,
  /** Regions of a sparse file of a tar. */
  sparseRegions: 1 << 20,

  /** The table of a package for StartOS 0.3: every writer's has 176 bytes or fewer. */
  sectionTableBytes: 4096,
  /** Its list of architectures, and the archives and images in them that are told of. */
  multiarchBytes: 64 << 10,
  toldArchives: 64,
  imageTags: 1000,
  /** Its script. */
  scriptBytes: 16 << 20,
  /** Files below a copied folder whose times are compared with those of an image. */
  copiedFiles: 20_000,

  /** A manifest of a package; of CBOR also its values and levels. */
  manifestBytes: 4 << 20,
  cborValues: 50_000,
  cborDepth: 64,
  /** A small file beside an image: its configuration, its environment. */
  configBytes: 4 << 20,
  /** A JSON file of an OCI layout or a docker archive, how deep its indexes refer to each other, and images that they list. */
  layoutJsonBytes: 4 << 20,
  indexDepth: 4,
  layoutImages: 1000,
  /**
   * Characters of a manifest that a person writes; real ones have some ten thousand. Of YAML and TOML there are fewer: what reads them
   * takes some 400 bytes for each.
   */
  manifestTextLength: 16 << 20,
  manifestYamlLength: 2 << 20,
  /** Of one of which an editor asks what is at the cursor, which its own thread finds out: some hundredths of a second. */
  editedTextLength: 1 << 17,
  /** Brackets that may be open in it at once, and levels of what it says. */
  manifestBrackets: 500,
  manifestDepth: 200,
  /** Nodes that aliases of YAML may add. */
  aliasedNodes: 10_000,
  /** Nodes, levels, characters of a text and combinations of variables that evaluating TypeScript goes through. */
  evaluatedNodes: 50_000,
  evaluatedDepth: 100,
  evaluatedText: 1 << 16,
  evaluatedWorlds: 16,
  /** Modules that a manifest imports, and files of a wrapper's code that are looked through. */
  modules: 64,
  codeFiles: 500,
  /** Texts that are kept parsed. */
  parsedTexts: 64,

  /** Findings of one code, or mistakes that a tool tells of; the rest are counted. */
  findingsOfOneCode: 100,
  /** Names that a view is given at once. */
  pageOfNames: 2000,
  /** Differences between two packages, and paths to choose from, that are shown; lists of more help nobody. */
  shownDifferences: 20_000,
  shownPaths: 100_000,
  /** A file of a package that an editor is given: VS Code wants all of it in memory, several times. */
  editorBytes: 64 << 20,
  /** An icon, or a text of a dependency, on the page of a package. */
  pageBytes: 1 << 20,

  /** Characters that are kept of each stream of a program, and the longest line that is handed on in one. */
  outputLength: 16 << 20,
  lineLength: 1 << 16,
  /** Steps of one build that are told of; large ones have some hundred. */
  buildSteps: 2000,
  /** Milliseconds for a bundle to give its manifest, which is there at once. */
  bundleMs: 30_000,
  /** Milliseconds without an answer of a server. */
  serverMs: 30_000,
} as const;
