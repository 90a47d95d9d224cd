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
  // Built from image/Dockerfile, once for each architecture.
  images: {
    main: {
      source: { dockerBuild: { workdir: 'image' } },
      arch: ['x86_64', 'aarch64', 'riscv64'],
    },
  },
  dependencies,
});
