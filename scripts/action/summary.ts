import { relative } from 'node:path';
import type { Finding } from '../../extension/engine/finding.ts';
import { formatSize } from '../../extension/engine/format-size.ts';
import { visibleText } from '../../extension/engine/visible-text.ts';
import type { PackAnswer } from './command-line.ts';

/** A package that was made, verified, and is by the key that was given. */
export type VerifiedPackage = PackAnswer;

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly packages: readonly VerifiedPackage[];
  /** There was a key to sign with. */
  readonly isSigned: boolean;
  /** Why the rest was not done. */
  readonly failure: string | undefined;
}

/** GitHub shows 1 MiB of a summary and nothing of a longer one. */
const MAX_FINDINGS = 200;
const MAX_TEXT = 600;

const SHOWN = { error: '❌', warning: '⚠️', info: 'ℹ️' } as const;
const PAGES = 'https://github.com/s9pk-studio/s9pk-studio/blob/main/docs/findings';

/** The summary of a job, in GitHub's Markdown. */
export function summarize({ findings, packages, isSigned, failure }: Outcome): string {
  const count = (severity: Finding['severity']) => findings.filter((found) => found.severity === severity).length;
  const lines = ['## S9PK', '', `${count('error')} errors, ${count('warning')} warnings`, ''];
  if (failure !== undefined) lines.push(`❌ ${literal(failure)}`, '');
  if (!isSigned) lines.push('Not packed: there is no signing key.', '');
  if (packages.length > 0) {
    lines.push('| Package | Version | For | Size | Hash | Signer |', '| --- | --- | --- | --- | --- | --- |');
    lines.push(...packages.map(rowOfPackage), '');
  }
  if (findings.length > 0) {
    lines.push('| | Where | What | |', '| --- | --- | --- | --- |');
    lines.push(...findings.slice(0, MAX_FINDINGS).map(rowOfFinding));
    if (findings.length > MAX_FINDINGS) lines.push(`| | | and ${findings.length - MAX_FINDINGS} more | |`);
    lines.push('');
  }
  return lines.join('\n');
}

function rowOfPackage({ id, version, architectures, size, commitment, hash, signer }: VerifiedPackage): string {
  const cells = [id, version, architectures.join(', '), formatSize(size), commitment?.rootSighash ?? hash ?? ''];
  return `| ${[...cells, signer.fingerprint].map(literal).join(' | ')} |`;
}

function rowOfFinding({ code, severity, message, where }: Finding): string {
  const file = where.file === undefined ? '' : shorter(where.file);
  const line = where.line === undefined ? '' : `:${where.line}`;
  const place = [`${file}${line}`, where.path ?? ''].filter((part) => part !== '').join(' ');
  return `| ${SHOWN[severity]} | ${literal(place)} | ${literal(message)} | [${code}](${PAGES}/${code}.md) |`;
}

function shorter(file: string): string {
  const path = relative(process.cwd(), file);
  return path === '' || path.startsWith('..') ? file : path;
}

/**
 * A text of others as itself: every sign that means something to Markdown or HTML is an entity, and in `code` neither names nor
 * numbers become links.
 */
export function literal(text: string): string {
  if (text === '') return '';
  const shown = visibleText(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
  return `<code>${shown.replace(/[!-/:-@[-`{-~]/g, (sign) => `&#${sign.charCodeAt(0)};`)}</code>`;
}
