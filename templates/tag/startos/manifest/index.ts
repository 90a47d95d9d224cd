import { setupManifest } from '@start9labs/start-sdk';
import { dependencies } from './dependencies';
import { long, short } from './i18n';

export const manifest = setupManifest({
  id: '__ID__',
  title: '__TITLE__',
  license: 'MIT',
  packageRepo: 'https://github.com/example/__ID__-startos',
  upstreamRepo: 'https://github.com/example/__ID__',
  marketingUrl: 'https://example.org/',
  donationUrl: null,
  description: { short, long },
  volumes: ['main'],
  // The image as it is published. A digest behind the tag makes packing repeatable.
  images: {
    main: {
      source: { dockerTag: '__TAG__' },
      arch: ['x86_64', 'aarch64'],
    },
  },
  dependencies,
});
