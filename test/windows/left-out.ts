/** Which unit tests are not run on Windows, and why. Everything else has to pass there. */

/** Files by room and name, or rooms that end in a slash. */
export const LEFT_OUT_FILES: Readonly<Record<string, string>> = {
  'project/': 'about the repository, not about the system',
  'conformance/': 'runs the command line some forty times; its contract is tested by cli/contract',
  'worker/browser': 'browsers, which are the same everywhere',
  'browse/hostile-images': 'its images are made by mksquashfs',
  'squashfs/oracles': 'compares with programs of Linux',
  'squashfs/image-reader': 'its images are made by programs of Linux',
  'tar/reader': 'its tars are made by GNU tar',
  'tar/writer': 'compares with GNU tar',
  'hash/blake3': 'the native backend for Windows is not installed here',
  'image/large-images': 'compares with programs of Linux',
  'image/strange-images': 'its images are made by programs of Linux',
  'image/container-engine': 'its programs are scripts of sh',
  'http/http-source': 'servers on this machine are not reached under Wine',
  'pack/dependencies': 'servers on this machine are not reached under Wine',
  'pack/folders-and-shared-blocks': 'builds with npm, which is not there',
  'pack/newest-form': 'builds with npm, which is not there',
  'pack/build-bundle': 'builds with npm, which is not there',
  'pack/pack-example': 'builds with npm, which is not there',
  'pack/unchanged': 'builds with npm, which is not there',
  'pack/run-bundle': 'ends programs that hang, with all that they started, which Wine cannot',
  'io/killed': 'starts programs of this machine',
  'process/run': 'ends programs that hang, with all that they started, which Wine cannot',
  'scaffold/': 'builds with npm, which is not there',
  'lsp/': 'starts the server and Neovim as programs of this machine',
  'migrate/': 'checks types and packs with npm, which is not there',
  'cli/json-schemas': 'runs the command line some eighty times; its contract is tested by cli/contract',
  'cli/shell': 'asks shells of Linux',
};

/** Tests by name. */
export const LEFT_OUT_TESTS: Readonly<Record<string, string>> = {
  'an image is extracted with its links inside it, without devices and rights': 'Windows has no modes',
  'of many that want a name one has it at any time': 'Wine lets several have one pipe',
  'of a folder in an image, links that lead out of it are left out': 'links cannot be made here',
  'an image is extracted with links that lead into it': 'links cannot be made here',
  'a folder that is seen under another path is claimed all the same': 'links cannot be made here',
  'hostile names never leave the folder': 'extracts as on Linux; extraction.ts does so as on Windows',
  'a closed pipe ends it quietly': 'there is no sh',
  'input-missing (0.4, 24) at LICENSE': 'links cannot be made here',
  'what is missing is said: the address that is not vendored, and the programs': 'its programs are scripts of sh',
  'esbuild bundles scripts whose imports are all on the disk, and only when they changed':
    'its esbuild is of this machine; scripts.ts has one for Windows',
  'esbuild as a script for Node, which no system starts by itself, is started by Node':
    'its esbuild is of this machine; scripts.ts has one for Windows',
  'an address that is none, in a script or in the cache of deno, is said to be missing':
    'its esbuild is of this machine; scripts.ts has one for Windows',
  'esbuild bundles what is in the cache of deno 1, redirects and queries included':
    'its esbuild is of this machine; scripts.ts has one for Windows',
  'esbuild bundles what is in the cache of deno 2, redirects and queries included':
    'its esbuild is of this machine; scripts.ts has one for Windows',
  'what podman saves, which puts localhost/ before tags, is packed under the tags of the package':
    'its programs are scripts of sh',
  'a step that fails with podman is at its line of the Dockerfile': 'its programs are scripts of sh',
  'its images are what unsquashfs sees: merged layers, assets with modes, scripts and the old manifest':
    'compares with programs of Linux',
  'without scripts and instructions there is what the compatibility layer and users look for':
    'compares with programs of Linux',
  'what cannot be converted is told all at once, and whatever had the name stays':
    'its manifest has an address that Node 22 does not take for one',
  'what the guide for 0.3 has people write besides the manifest is a step, each with what is wrong':
    'Windows has no modes',
  'deno is asked in the words of its version': 'its programs are scripts of sh',
  'image squashfs makes an image from a tar and from a folder': 'compares with programs of Linux',
  'two layers made by GNU tar merge like extracting them one over the other': 'compares with GNU tar',
  'its sections are what tar and an independent reader of CBOR see': 'compares with GNU tar',
  'the same bytes on one, two and eight threads, for every compressor and block size':
    'xz is not installed for Windows here',
  'a table of 100,000 entries is read': 'slow, and nothing in it is of the system',
  'images and lists that are damaged, cut or gone change nothing': 'slow, and nothing in it is of the system',
  'every bit that is flipped outside the header is reported': 'slow, and nothing in it is of the system',
  'every bit that is flipped in the header is reported': 'slow, and nothing in it is of the system',
  'typing /w/manifest.yaml character by character never throws and never freezes':
    'slow, and nothing in it is of the system',
};
