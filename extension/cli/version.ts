declare const S9PK_VERSION: string | undefined;
/** The version that the build puts in; there is none when the sources are run as they are. */
export const VERSION = typeof S9PK_VERSION === 'undefined' ? 'development' : S9PK_VERSION;
