import { basename, resolve } from 'node:path';
import { makeWrapper, ScaffoldError, TEMPLATES, type Template, titleOf } from '../../engine/scaffold/new-wrapper.ts';
import { UsageError } from '../arguments.ts';
import { type Command, type OptionValues, text } from '../command.ts';
import { templateFolder } from '../template-folder.ts';

export const newCommand: Command = {
  usage: 's9pk new DIR',
  summary: 'Make a complete wrapper in a new folder, which packs as it is, and a signing key if there is none',
  maxArguments: 1,
  options: {
    os: { type: 'string' },
    template: { type: 'string' },
    id: { type: 'string' },
    title: { type: 'string' },
    tag: { type: 'string' },
    port: { type: 'string' },
  },
  help: {
    os: ['VERSION', '0.4 (default) or 0.3'],
    template: ['NAME', 'tag (a published image), dockerfile (default) or dependency (with an action and a dependency)'],
    id: ['ID', 'the id of the package (default: the name of DIR)'],
    title: ['TITLE', 'its title (default: made of the id)'],
    tag: ['TAG', 'the published image of the template tag'],
    port: ['PORT', 'the port on which the service listens in its container (default: 8080; for a tag 80)'],
  },
  async run({ positionals: [folder], values }) {
    if (folder === undefined) throw new UsageError('new takes a DIR');
    const template = templateOf(values);
    const id = text(values, 'id') ?? basename(resolve(folder)).replace(/-startos$/, '');
    const tag = text(values, 'tag');
    try {
      const made = await makeWrapper({
        folder,
        templates: await templateFolder(),
        template,
        id,
        title: text(values, 'title') ?? titleOf(id),
        ...(tag !== undefined && { tag }),
        port: Number(text(values, 'port') ?? (template === 'tag' ? 80 : 8080)),
        year: new Date().getFullYear(),
      });
      const key = made.isNewKey ? `made ${made.key}` : `found ${made.key}`;
      const lines = [
        `${made.folder}: ${made.files.length} files`,
        `  key      ${key}`,
        `  next     s9pk pack ${folder}`,
      ];
      return { findings: [], data: { ...made, template, id }, text: lines.join('\n') };
    } catch (error) {
      if (error instanceof ScaffoldError) throw new UsageError(error.message);
      throw error;
    }
  },
};

/** @throws UsageError */
function templateOf(values: OptionValues): Template {
  const [os, name] = [text(values, 'os'), text(values, 'template')];
  if (os !== undefined && os !== '0.3' && os !== '0.4') throw new UsageError(`--os is 0.3 or 0.4, not "${os}"`);
  if (os === '0.3' && name === undefined && !values['tag']) return 'os-03';
  if (os === '0.3') throw new UsageError('--os 0.3 has one template only, with a Dockerfile');
  return parseTemplate(name ?? (values['tag'] ? 'tag' : 'dockerfile'));
}

function parseTemplate(name: string): Template {
  const known = TEMPLATES.find((candidate) => candidate === name);
  if (known) return known;
  throw new UsageError(`--template is ${TEMPLATES.join(', ')}, not "${name}"`);
}
