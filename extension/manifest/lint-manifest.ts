import { type Finding, finding } from '../engine/finding.ts';
import { FindingList } from '../engine/finding-list.ts';
import { detectGeneration } from './detect.ts';
import { withoutEchoes } from './echoes.ts';
import type { DataNode } from './meaning/data-tree.ts';
import { placeFinding, toPlace } from './meaning/locate.ts';
import type { Module, Modules } from './meaning/modules.ts';
import { evaluateManifest, type World } from './meaning/worlds.ts';
import { checkRules03 } from './rules-03/rules.ts';
import { findSchemaViolations } from './rules-03/schema-findings.ts';
import { checkRules04 } from './rules-04/rules.ts';
import type { Sdk } from './rules-04/sdk.ts';
import type { Generation } from './schema/schema.ts';
import type { TextProblem } from './text/tree.ts';

/** What is known about a manifest besides its text. */
export interface ManifestSurroundings {
  /** Names in the manifest's folder, to tell manifests from other files of that name. */
  readonly neighbours?: readonly string[];
  /** The SDK in the wrapper's package.json. */
  readonly sdk?: Sdk | undefined;
}

/** A manifest's text, understood. */
export interface ManifestReading {
  readonly modules: Modules;
  readonly generation: Generation;
  /** It is turned into the packed manifest by start-sdk. */
  readonly usesSdk: boolean;
  readonly sdk: Sdk | undefined;
  /** The first one is that of an empty environment. */
  readonly worlds: readonly [World, ...World[]];
}

/** Reads a manifest; undefined if the file holds none. */
export function readManifest(modules: Modules, surroundings: ManifestSurroundings = {}): ManifestReading | undefined {
  const [first, ...others] = evaluateManifest(modules);
  if (!first) return undefined;
  const usesSdk = modules.manifest.text.language === 'typescript';
  const generation = usesSdk ? '0.4' : detectGeneration(first.manifest, surroundings.neighbours);
  if (!generation || (usesSdk && first.manifest.kind !== 'object')) return undefined;
  return { modules, generation, usesSdk, sdk: surroundings.sdk, worlds: [first, ...others] };
}

/** Everything that is wrong with a manifest's own text, each at its place, in the order of the text. */
export function lintManifest(reading: ManifestReading): Finding[] {
  const { modules, worlds } = reading;
  const { manifest } = modules;
  const { problems } = manifest.text;
  const found = placeProblems(manifest, reading.generation === '0.3' ? problems.map(milder) : problems);
  // What is marked as wrong by the parser needs no second word about what it made of the rest.
  const isBroken = found.some(({ code }) => code === 'manifest-json');
  const perWorld = worlds.map((world) => ({ world, problems: checkWorld(world, reading) }));
  const said = perWorld.map(({ problems }) => new Set(problems.map(identityOf)));
  const seen = new Set<string>();
  for (const { world, problems } of perWorld) {
    for (const problem of problems) {
      const placed = placeFinding(problem, world);
      const { file, line, column } = placed.where;
      const key = `${placed.code} ${file}:${line}:${column} ${placed.message}`;
      if (seen.has(key) || isBroken) continue;
      seen.add(key);
      const isEverywhere = said.every((other) => other.has(identityOf(problem)));
      found.push(isEverywhere ? placed : inWorld(placed, world));
    }
  }
  return found.sort(byPlace);
}

/** What a parser says is wrong, at its places; what is only counted stands at the beginning. */
export function placeProblems(module: Module, problems: readonly TextProblem[]): Finding[] {
  const list = new FindingList();
  for (const { code, message, span } of problems) list.add(finding(code, message, toPlace(module, span)));
  const start = toPlace(module, { start: 0, end: 1 });
  return list.all().map((found) => (found.where.file === undefined ? { ...found, where: start } : found));
}

/** The tools of 0.3 read JSON as they read YAML: the last of two equal keys counts. */
function milder(problem: TextProblem): TextProblem {
  if (problem.code !== 'manifest-duplicate-key') return problem;
  return {
    ...problem,
    code: 'manifest-key-twice',
    message: problem.message.replace(/;.*/, '; only the last one counts'),
  };
}

function checkWorld(world: World, { generation, usesSdk, sdk }: ManifestReading): Finding[] {
  if (generation === '0.4') return withoutEchoes(readable(checkRules04(world, usesSdk, sdk)));
  return withoutEchoes(readable([...findSchemaViolations(world.manifest), ...checkRules03(world.manifest)]));
}

function identityOf({ code, where, message }: Finding): string {
  return JSON.stringify([code, where.path, message]);
}

/** No more of one kind than somebody reads. */
function readable(findings: readonly Finding[]): Finding[] {
  const list = new FindingList();
  for (const found of findings) list.add(found);
  return list.all();
}

/** Says which environment variables a problem needs. */
function inWorld(found: Finding, { environment }: World): Finding {
  if (environment.size === 0) return found;
  const settings = [...environment].map(([name, value]) => `${name}=${value}`).join(' ');
  return { ...found, message: `${found.message} (with ${settings})` };
}

function byPlace(a: Finding, b: Finding): number {
  const file = (a.where.file ?? '') < (b.where.file ?? '') ? -1 : a.where.file === b.where.file ? 0 : 1;
  return file || (a.where.line ?? 0) - (b.where.line ?? 0) || (a.where.column ?? 0) - (b.where.column ?? 0);
}

/** The manifest's data under an empty environment. */
export function dataOf(reading: ManifestReading): DataNode {
  return reading.worlds[0].manifest;
}
