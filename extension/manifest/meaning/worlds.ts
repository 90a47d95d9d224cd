import { BUDGET } from '../../engine/budget.ts';
import type { DataNode, DataProperty } from './data-tree.ts';
import { dependenciesInCode } from './dependencies-in-code.ts';
import { type Environment, Evaluator } from './evaluate.ts';
import type { Modules } from './modules.ts';

/** What a manifest is under one environment. */
export interface World {
  readonly environment: Environment;
  readonly manifest: DataNode;
  /** The object given to `VersionInfo.of` for the current version (TypeScript). */
  readonly version?: DataNode;
  /** What the code says the package depends on; it stands in the manifest. */
  readonly dependenciesInCode?: DataProperty;
  /** What the manifest itself says of dependencies, where the code says it in its place. */
  readonly shadowedDependencies?: DataProperty;
}

/**
 * Evaluates a manifest without running it. Where it looks at environment variables (`process.env.VARIANT`), it is
 * evaluated once for each value that the code itself compares them with, and once with them unset: the first world.
 * @returns no worlds if the text holds no manifest
 */
export function evaluateManifest(modules: Modules): World[] {
  const { manifest } = modules;
  const { root } = manifest.text;
  if (!root) return [];
  const worlds: World[] = [];
  const queue: Environment[] = [new Map()];
  const seen = new Set<string>(['']);
  for (
    let environment = queue.shift();
    environment && worlds.length < BUDGET.evaluatedWorlds;
    environment = queue.shift()
  ) {
    const evaluator = new Evaluator(modules, environment);
    const node = evaluator.evaluate(root, manifest);
    const version = evaluator.currentVersion();
    const dependencies = dependenciesInCode(modules, evaluator);
    worlds.push({ environment, ...withDependencies(node, dependencies), ...(version && { version }) });
    for (const [name, values] of evaluator.compared) {
      for (const value of values) {
        const next = new Map([...environment, [name, value]]);
        const key = JSON.stringify([...next].sort());
        if (!seen.has(key)) queue.push(next);
        seen.add(key);
      }
    }
  }
  return worlds;
}

/** The manifest with what the code says it depends on, as buildManifest puts it together. */
function withDependencies(
  manifest: DataNode,
  dependencies: DataProperty | undefined,
): Pick<World, 'manifest' | 'dependenciesInCode' | 'shadowedDependencies'> {
  if (!dependencies || manifest.kind !== 'object') return { manifest };
  const shadowedDependencies = manifest.properties.find(({ key }) => key === dependencies.key);
  const others = manifest.properties.filter(({ key }) => key !== dependencies.key);
  return {
    manifest: { ...manifest, properties: [...others, dependencies] },
    dependenciesInCode: dependencies,
    ...(shadowedDependencies && { shadowedDependencies }),
  };
}
