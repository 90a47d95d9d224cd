/** Other services that this one needs; what of them must run is in ../dependencies.ts. */
export const dependencies = {
  bitcoind: {
    description: { en_US: 'An example: remove it, or name the service that yours needs.' },
    optional: true,
    metadata: { title: 'Bitcoin', icon: './icon.svg' },
  },
};
