import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine, Parts } from '../../test/support/results.ts';

/** Where commands keep their figures; `found.json` there is written by hand. */
export const FOLDER = join('bench', 'quality');

/** Every file of figures, and what writes it: in this order, for someone who has everything done anew. */
export const SOURCES: Readonly<Record<string, string>> = {
  [join(FOLDER, 'audit.json')]: 'npm run audit',
  [join(FOLDER, 'unit.json')]: 'npm run test:unit',
  [join(FOLDER, 'vscode.json')]: 'npm run test:vscode',
  [join(FOLDER, 'docker.json')]: 'npm run test:docker',
  [join(FOLDER, 'faults.json')]: 'npm run test:faults -- --all --long',
  [join(FOLDER, 'fuzz.json')]: 'npm run fuzz',
  [join(FOLDER, 'windows.json')]: 'npm run test:windows',
  [join(FOLDER, 'mutants.json')]: 'npm run test:mutants',
  [join(FOLDER, 'soak.json')]: 'npm run test:soak',
  [join('bench', 'results.json')]: 'npm run bench -- --save',
};

/** What a command kept; no parts if it did not run yet. */
export function partsOf<Figures>(name: string): Parts<Figures> {
  const path = join(FOLDER, `${name}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { parts: Parts<Figures> }).parts : {};
}

/** The machines that figures are from, each once, with the parts if there are several. */
export function machinesOf(parts: Readonly<Record<string, { readonly machine: Machine }>>): string {
  const names = new Map<string, string[]>();
  for (const [part, { machine }] of Object.entries(parts)) {
    const name = `${machine.cores} cores of ${machine.processor}, Node ${machine.node.slice(1)}`;
    names.set(name, [...(names.get(name) ?? []), part]);
  }
  if (names.size <= 1) return [...names.keys()].join();
  return [...names].map(([name, own]) => `${name} (${own.join(', ')})`).join('; ');
}
