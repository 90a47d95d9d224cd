import { BUDGET } from './budget.ts';
import { type Finding, finding } from './finding.ts';
import type { FindingCode } from './finding-codes.ts';

/**
 * Findings that somebody else's file brings about, as many as a person reads: of each code the first hundred, and how many
 * more there are.
 */
export class FindingList {
  private readonly kept: Finding[] = [];
  private readonly counts = new Map<FindingCode, number>();

  add(...findings: readonly Finding[]): void {
    for (const found of findings) {
      const count = (this.counts.get(found.code) ?? 0) + 1;
      this.counts.set(found.code, count);
      if (count <= BUDGET.findingsOfOneCode) this.kept.push(found);
    }
  }

  /** In the order in which they were added; what was only counted stands at the end. */
  all(): Finding[] {
    const more = [...this.counts].filter(([, count]) => count > BUDGET.findingsOfOneCode);
    return [...this.kept, ...more.map(([code, count]) => finding(code, moreOf(count - BUDGET.findingsOfOneCode)))];
  }
}

function moreOf(count: number): string {
  return `and ${count} more of the same kind`;
}
