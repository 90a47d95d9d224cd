import { clearCacheCommand, doctorCommand } from './doctor-command.ts';
import { createSigningKey, showSigningKey } from './key-commands.ts';
import { newPackage } from './new-package.ts';
import { packCommand, packForArchitecture } from './pack-command.ts';
import {
  addImage,
  convertOrder,
  editManifest,
  exportImageCommand,
  extractCommand,
  signAgain,
} from './package-commands.ts';
import { READING_COMMANDS } from './reading-commands.ts';
import type { Command } from './register-commands.ts';
import type { Services } from './services.ts';

/** Every command of the extension. Each is listed in package.json under the same id. */
export const COMMANDS: Readonly<Record<string, Command<Services>>> = {
  ...READING_COMMANDS,
  's9pk.pack': packCommand,
  's9pk.packForArchitecture': packForArchitecture,
  's9pk.showSigningKey': showSigningKey,
  's9pk.createSigningKey': createSigningKey,
  's9pk.doctor': doctorCommand,
  's9pk.newPackage': (services, answers) => newPackage(services, answers as Parameters<typeof newPackage>[1]),
  's9pk.refreshWrapper': ({ wrapper }) => wrapper.refresh(),
  's9pk.extract': extractCommand,
  's9pk.signAgain': signAgain,
  's9pk.editManifest': (services, argument, change) =>
    editManifest(services, argument, change as Parameters<typeof editManifest>[2]),
  's9pk.addImage': addImage,
  's9pk.convertOrder': convertOrder,
  's9pk.exportImage': exportImageCommand,
  's9pk.clearCache': clearCacheCommand,
};
