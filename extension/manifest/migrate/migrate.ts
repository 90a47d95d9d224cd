import { Draft, type MigrationFacts } from './draft.ts';
import { writeActions } from './forms/actions.ts';
import { writeConfig } from './forms/config.ts';
import { writeProperties } from './forms/properties.ts';
import { type Mark, marksIn } from './marks.ts';
import { writeAlerts } from './parts/alerts.ts';
import { writeBackups } from './parts/backups.ts';
import { writeDependencies } from './parts/dependencies.ts';
import { writeManifest } from './parts/identity.ts';
import { writeInterfaces } from './parts/interfaces.ts';
import { writeMain } from './parts/main.ts';
import { writeVersions } from './parts/versions.ts';
import { type Copy, copiesOf, projectFiles, writeDictionary, writeIndex } from './project.ts';

/** A wrapper for StartOS 0.4, made of one for 0.3. The same facts give the same bytes. */
export interface Migration {
  readonly id: string;
  readonly title: string;
  /** Of the old package, as its manifest says it, and of the new one. */
  readonly version: { readonly old: string; readonly now: string };
  /** Texts by path, sorted. */
  readonly files: ReadonlyMap<string, string>;
  readonly copies: readonly Copy[];
  /** What has to be decided, by the file that asks for it. */
  readonly marks: readonly (Mark & { readonly file: string })[];
}

/** Makes a complete wrapper. Nothing is read or written; what cannot be translated is marked where it belongs. */
export function migrate(facts: MigrationFacts): Migration {
  const draft = new Draft(facts);
  writeManifest(draft);
  const version = writeVersions(draft);
  writeInterfaces(draft);
  const config = writeConfig(draft);
  writeMain(draft, config.before);
  writeBackups(draft);
  const properties = writeProperties(draft);
  const more = [
    ...(config.isAction ? [{ name: 'showConfig', from: 'startos/actions/config' }] : []),
    ...(properties ? [properties] : []),
  ];
  writeActions(draft, more, config.marks);
  const steps: { name: string; from: string }[] = [];
  if (writeDependencies(draft)) steps.push({ name: 'setDependencies', from: 'startos/dependencies' });
  if (writeAlerts(draft)) steps.push({ name: 'showAlerts', from: 'startos/alerts' });
  if (config.isAction) steps.push({ name: 'askForConfig', from: 'startos/config/task' });
  writeIndex(draft, steps);
  writeDictionary(draft);
  const texts = [...projectFiles(draft), ...[...draft.modules()].map((file) => [file.path, file.print()] as const)];
  const files = new Map(texts.sort(([a], [b]) => (a < b ? -1 : 1)));
  const marks = [...files].flatMap(([file, text]) =>
    file.startsWith('startos/') ? marksIn(text).map((found) => ({ ...found, file })) : [],
  );
  return { id: draft.id, title: draft.title, version, files, copies: copiesOf(draft), marks };
}
