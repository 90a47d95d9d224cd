/** What was tried of one kind, for docs/quality.md. */
export interface Figure {
  readonly what: string;
  readonly tried: number;
  /** How many of them were not reported, or did harm. */
  readonly harm: number;
  /** What else is worth knowing. */
  readonly note?: string;
}

const figures: Figure[] = [];

export function addFigure(figure: Figure): void {
  figures.push(figure);
}

/** What was added since they were last taken. */
export function takeFigures(): Figure[] {
  return figures.splice(0);
}
