import { existsSync, readFileSync } from 'node:fs';
import { COMMITTED } from '../../test/bench/standing/results.ts';
import { type BenchParts, type Row, rowsOf } from '../../test/bench/standing/rows.ts';
import { cellsOf, summaryOf } from '../../test/bench/standing/table.ts';
import { section, table } from './markdown.ts';
import { machinesOf } from './sources.ts';

/** Every target of speed and memory, with what the committed results of the bench say of it. */
export function speedSection(): string {
  const text = existsSync(COMMITTED) ? readFileSync(COMMITTED, 'utf8') : '{"parts":{}}';
  const { parts } = JSON.parse(text) as { parts: BenchParts };
  const rows = rowsOf(parts);
  const missed = rows.filter(({ isMet }) => isMet === false);
  return section(
    'Speed and memory',
    `${summaryOf(rows)}. Peers run in the same minutes on the same machine: ${machinesOf(parts) || 'none yet'}.`,
    table(['What', 'Peer', 'Is:', 'Meant:', 'Met'], rows.map(lineOf)),
    missed.length === 0 ? '' : `Not met: ${missed.map(({ target }) => target.what).join('; ')}.`,
  );
}

function lineOf(row: Row): string[] {
  const [is, meant, met] = cellsOf(row);
  const { part, what, peer = '' } = row.target;
  return [`${part}: ${what}`, peer, is || '-', meant, met === 'NO' ? '**no**' : met];
}
