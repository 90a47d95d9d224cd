import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The main job on the example: make its image, pack it, verify the package, show what is inside. */

const example = join('examples', 'hello-world');
const packageFile = join(example, 'hello-world.s9pk');

function step(args: readonly string[]): void {
  const shown = args.map((arg) => (arg === cli ? 's9pk' : arg)).join(' ');
  console.log(`\n$ ${shown.startsWith('s9pk') ? shown : `node ${shown}`}`);
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

const cli = join('dist', 'cli.cjs');
const image = join(example, 'image', 'oci');
step([join(example, 'image', 'make-oci-layout.mjs'), image]);
if (!['build.key.pem', 'build-key'].some((name) => existsSync(join(example, '.startos', name))))
  step([cli, 'key', 'create', example]);
step([cli, 'pack', example, '--image', `main=${image}`]);
step([cli, 'verify', packageFile]);
step([cli, 'inspect', 'tree', packageFile]);
