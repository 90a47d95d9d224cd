import { relative } from 'node:path';
import type { Finding } from '../../engine/finding.ts';
import { type LintReport, lintWrapper } from '../../manifest/wrapper/lint-wrapper.ts';
import { type Command, text } from '../command.ts';
import { paint } from '../output.ts';

/** Wrappers that one call looks at. */
const MAX_WRAPPERS = 1000;

export const lintCommand: Command = {
  usage: 's9pk lint [DIR|FILE]...',
  summary: 'Check wrappers without building them: their manifests (0.3 and 0.4) and the files around them',
  maxArguments: MAX_WRAPPERS,
  options: {
    'manifest-only': { type: 'boolean' },
    icon: { type: 'string' },
    license: { type: 'string' },
    instructions: { type: 'string' },
    assets: { type: 'string' },
  },
  help: {
    'manifest-only': ['', "only the manifest's own text, not the files around it"],
    icon: ['FILE', 'the icon, as it will be given when packing'],
    license: ['FILE', 'the licence, likewise'],
    instructions: ['FILE', 'the instructions, likewise'],
    assets: ['DIR', 'the assets, likewise'],
  },
  async run({ positionals, values, signal }) {
    const reports: LintReport[] = [];
    const given = ['icon', 'license', 'instructions', 'assets'].map((name) => [name, text(values, name)] as const);
    const inputs = Object.fromEntries(given.filter(([, value]) => value !== undefined));
    for (const path of positionals.length > 0 ? positionals : ['.']) {
      signal.throwIfAborted();
      reports.push(await lintWrapper(path, { manifestOnly: values['manifest-only'] === true, signal, inputs }));
    }
    const findings = reports.flatMap((report) => report.findings);
    const [first] = reports;
    const manifests = reports.flatMap((report) => report.manifests);
    return {
      findings,
      data: {
        ...(first?.manifestFile && { manifest: first.manifestFile }),
        ...(first?.generation && { generation: first.generation }),
        manifests,
        whole: reports.every(({ unseen }) => unseen.length === 0),
      },
      text: reports.map(describe).join('\n'),
    };
  },
};

function describe({ findings, manifestFile, manifests, unseen }: LintReport): string {
  const shown = manifests.map(({ file, generation }) => `${relative(process.cwd(), file)} (StartOS ${generation})`);
  const what = shown.join(', ') || (manifestFile && relative(process.cwd(), manifestFile));
  return `${what === undefined ? '' : `${what}: `}${verdictOf(findings, unseen.length === 0)}`;
}

function verdictOf(findings: readonly Finding[], isWhole: boolean): string {
  const count = (severity: string) => findings.filter((found) => found.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  const plural = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  if (errors + warnings > 0) return `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
  return paint('green', isWhole ? 'no problems' : 'no problems in what could be read without running it');
}
