import { convertCommand } from './packages/convert-command.ts';
import {
  addImage,
  convertOrder,
  editManifest,
  exportImageCommand,
  extractCommand,
  signAgain,
} from './packages/package-commands.ts';
import { READING_COMMANDS } from './packages/reading-commands.ts';
import type { Command } from './register-commands.ts';
import type { Services } from './services.ts';
import { clearCacheCommand, doctorCommand } from './wrapper/doctor-command.ts';
import { migrateCommand } from './wrapper/migrate-command.ts';
import type { newPackage } from './wrapper/new-package.ts';
import { packCommand, packForArchitecture } from './wrapper/pack-command.ts';

/** Every command of the extension. Each is listed in package.json under the same id. */
export const COMMANDS: Readonly<Record<string, Command<Services>>> = {
  ...READING_COMMANDS,
  's9pk.pack': packCommand,
  's9pk.packForArchitecture': packForArchitecture,
  // Loaded when they are called: curves and random numbers are the slowest to load of all that the host has.
  's9pk.showSigningKey': async (...args) => (await import('./wrapper/key-commands.ts')).showSigningKey(...args),
  's9pk.createSigningKey': async (...args) => (await import('./wrapper/key-commands.ts')).createSigningKey(...args),
  's9pk.newPackage': async (services, answers) =>
    (await import('./wrapper/new-package.ts')).newPackage(services, answers as Parameters<typeof newPackage>[1]),
  's9pk.migrate': (services, argument, answers) =>
    migrateCommand(services, argument, answers as Parameters<typeof migrateCommand>[2]),
  's9pk.doctor': doctorCommand,
  's9pk.refreshWrapper': ({ wrapper }) => wrapper.refresh(),
  's9pk.extract': extractCommand,
  's9pk.signAgain': signAgain,
  's9pk.editManifest': (services, argument, change) =>
    editManifest(services, argument, change as Parameters<typeof editManifest>[2]),
  's9pk.addImage': addImage,
  's9pk.convertOrder': convertOrder,
  's9pk.convertPackage': convertCommand,
  's9pk.exportImage': exportImageCommand,
  's9pk.clearCache': clearCacheCommand,
};
