import { setupManifest } from '@start9labs/start-sdk';
import { long, short } from './i18n';

export const manifest = setupManifest({
  id: 'hello-world',
  title: 'Hello World',
  license: 'MIT',
  packageRepo: 'https://github.com/s9pk-studio/s9pk-studio/tree/main/examples/hello-world',
  upstreamRepo: 'https://github.com/s9pk-studio/s9pk-studio/tree/main/examples/hello-world/image/server',
  marketingUrl: 'https://github.com/s9pk-studio/s9pk-studio',
  donationUrl: null,
  description: { short, long },
  volumes: ['main'],
  images: {
    main: {
      source: { dockerBuild: { workdir: 'image' } },
      arch: ['x86_64', 'aarch64', 'riscv64'],
    },
  },
  dependencies: {},
});
