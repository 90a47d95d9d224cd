import { setupManifest } from '@start9labs/start-sdk'
import { long, short } from './i18n'

export const manifest = setupManifest({
  id: 'Hello World',
  title: 'Hello World',
  license: 'MIT',
  packageRepo: 'https://example.org/package',
  upstreamRepo: 'https://example.org/upstream',
  marketingUrl: 'https://example.org/',
  donationUrl: null,
  description: { short, long },
  volumes: ['main'],
  images: {
    main: {
      source: { dockerTag: 'nginx:1.29' },
      arch: ['x86_64', 'aarch64'],
    },
  },
  dependencies: {},
})
