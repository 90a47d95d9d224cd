/** Settings that a folder has for itself, and that are not to count in it until it is trusted. */
export const RESTRICTED = {
  images: { main: '/etc/passwd' },
  dependencyIcons: { other: '/etc/passwd' },
  keyFile: '/tmp/not-the-users.pem',
  buildBundle: 'never',
  builder: 'somebodys',
} as const;

/** What the folder's .vscode/settings.json says. */
export const FOLDER_SETTINGS = {
  ...Object.fromEntries(Object.entries(RESTRICTED).map(([name, value]) => [`s9pk.${name}`, value])),
  's9pk.compressor': 'gzip',
};
