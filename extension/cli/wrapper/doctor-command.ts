import { resolve } from 'node:path';
import type { Checkup } from '../../engine/doctor.ts';
import { finding } from '../../engine/finding.ts';
import { examineFolder } from '../../manifest/wrapper/examine-wrapper.ts';
import { type Command, text } from '../command.ts';
import { paint } from '../output.ts';

const COLOUR = { fine: 'green', wanting: 'yellow', missing: 'red' } as const;

export const doctorCommand: Command = {
  usage: 's9pk doctor [DIR]',
  summary: 'Look for what packing in DIR may need: container engine, emulation, git, npm, key, space',
  maxArguments: 1,
  options: { builder: { type: 'string' } },
  help: { builder: ['NAME', 'the buildx builder that is asked (default: the one in use)'] },
  async run({ positionals, values, signal }) {
    const folder = resolve(positionals[0] ?? '.');
    const checkups = await examineFolder({ folder, env: process.env, builder: text(values, 'builder'), signal });
    const missing = checkups.filter(({ state }) => state === 'missing');
    const findings = missing.map(({ what, detail, mend }) =>
      finding('doctor-missing', `${what}: ${detail}${mend === undefined ? '' : `; ${mend}`}`, { file: folder }),
    );
    return { findings, data: { checkups }, text: checkups.map(describe).join('\n') };
  },
};

function describe({ what, state, detail, mend }: Checkup): string {
  const line = `${paint(COLOUR[state], state.padEnd(8))}${what.padEnd(20)}${detail}`;
  return mend === undefined ? line : `${line}\n${' '.repeat(28)}${paint('grey', mend)}`;
}
