/** What a wrapper needs before it can be packed, in the order in which people do it. */
export const STEPS = ['manifest', 'icon', 'license', 'instructions', 'images', 'bundle'] as const;
export type StepName = (typeof STEPS)[number] | 'prepare' | 'programs' | 'migrations' | 'key' | 'git' | 'workspace';

export interface Step {
  readonly name: StepName;
  /** `attention`: it can be packed so, but something about it should be looked at. */
  readonly state: 'done' | 'attention' | 'todo';
  /** What is missing or wrong, or what there is. */
  readonly detail?: string;
  /** All of it, on several lines. */
  readonly more?: string;
  /** Where to go for it. */
  readonly file?: string;
  readonly line?: number;
}
