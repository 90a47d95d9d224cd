import { printableName } from '../../engine/archive/names.ts';
import { fromHex } from '../../engine/bytes.ts';
import { type Finding, FindingError, hasErrors } from '../../engine/finding.ts';
import { formatSize } from '../../engine/format-size.ts';
import { fastestBlake3 } from '../../engine/hash/fastest-blake3.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { knownSignersFor } from '../../engine/sign/key-store.ts';
import type { PackageReport } from '../../engine/verify/report.ts';
import type { KnownSigner } from '../../engine/verify/verify.ts';
import { verifyEither } from '../../engine/verify/verify-either.ts';
import { verifiedOf } from '../../library/describe.ts';
import { examineManifest03 } from '../../manifest/rules-03/examine.ts';
import { UsageError } from '../arguments.ts';
import { type Command, texts } from '../command.ts';
import { paint } from '../output.ts';

export const verifyCommand: Command = {
  usage: 's9pk verify FILE...',
  summary: 'Check signature, hashes, contents and manifest of packages; report every finding',
  maxArguments: Number.POSITIVE_INFINITY,
  options: { signer: { type: 'string', multiple: true } },
  help: {
    signer: ['HEX', 'a public key that is trusted (hexadecimal, as `s9pk key show` prints it); may be repeated'],
  },
  async run({ positionals, values, signal, onProgress }) {
    if (positionals.length === 0) throw new UsageError('verify needs at least one FILE');
    const trusted = texts(values, 'signer').map(parseSigner);
    const findings: Finding[] = [];
    const packages: object[] = [];
    const lines: string[] = [];
    const unreadable: string[] = [];
    for (const file of positionals) {
      try {
        await using source = await FileSource.open(file);
        // The keys of where the user is, not of where the package lies: whoever sent it may have sent a key along.
        const knownSigners = [...trusted, ...(await knownSignersFor(process.cwd()))];
        const report = await verifyEither(source, {
          blake3: fastestBlake3(),
          examine: examineManifest03,
          knownSigners,
          signal,
          onProgress,
        });
        findings.push(...inOwnFile(file, report.findings));
        packages.push({ file, ...verifiedOf(report) });
        lines.push(summarize(file, source.size, report));
      } catch (error) {
        signal.throwIfAborted();
        // What is wrong with one file does not keep the others from being looked at.
        if (error instanceof FindingError) findings.push(...inOwnFile(file, error.findings));
        else if (isOfSystem(error)) unreadable.push(error.code === 'ENOENT' ? `${file} is not there` : error.message);
        else throw error;
      }
    }
    return { findings, unreadable, data: { packages }, text: lines.join('\n') };
  },
};

function inOwnFile(file: string, findings: readonly Finding[]): Finding[] {
  return findings.map((found) => ({ ...found, where: { ...found.where, file } }));
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

function parseSigner(hex: string): KnownSigner {
  try {
    const publicKey = fromHex(hex);
    if (publicKey.length === 32) return { publicKey, name: 'a trusted key' };
  } catch {
    // Reported below, together with keys of a wrong length.
  }
  throw new UsageError(`--signer takes a public key of 64 hexadecimal digits, not "${hex}"`);
}

function summarize(file: string, size: number, report: PackageReport): string {
  const name = report.id === undefined ? 'no readable manifest' : `${report.id} ${report.version}`;
  const verdict = !report.opens
    ? paint('red', 'cannot be opened')
    : !report.intact
      ? paint('red', 'damaged')
      : !report.complete
        ? paint('red', 'intact, but not a complete package')
        : hasErrors(report.findings)
          ? paint('red', 'intact and complete, but unsafe')
          : report.canonical
            ? paint('green', 'verified')
            : paint('yellow', 'verified, but unusual');
  const generation = report.generation === 1 ? 'StartOS 0.3, ' : '';
  return `${file}: ${verdict} (${generation}${printableName(name)}, ${formatSize(size)})`;
}
