import type * as vscode from 'vscode';
import type { VerifyAnswer } from '../../../worker/protocol.ts';
import { aboutPackage, readConfig } from '../../config.ts';
import type { EngineClient } from '../../engine/client.ts';
import { stampOf } from '../../stat-file.ts';
import type { Verification } from './items.ts';
import type { Quiet } from './quiet.ts';

/** Packages that are verified behind without anybody having looked into them: not hundreds of gigabytes because a folder is open. */
const MAX_UNASKED = 20;

interface Known extends Verification {
  /** Of the file; empty as long as its turn has not come. */
  readonly stamp: string;
  readonly checked: Map<string, boolean>;
}

/** What is known of the bytes of packages: compared with their hashes behind, one after the other, or by whoever asked. */
export class Verifications {
  private readonly known = new Map<string, Known>();
  private readonly engine: EngineClient;
  private readonly onChange: (file: vscode.Uri) => void;
  private readonly mayRead: (file: vscode.Uri) => Promise<boolean>;
  private readonly quiet: Quiet;
  /** Packages whose turn comes, those that somebody looks into first. */
  private readonly waiting: vscode.Uri[] = [];
  private isRunning = false;
  private readonly unasked = new Set<string>();

  /** @param mayRead whether a package is read though nobody asked for it */
  constructor(
    engine: EngineClient,
    mayRead: (file: vscode.Uri) => Promise<boolean>,
    onChange: (file: vscode.Uri) => void,
    quiet: Quiet,
  ) {
    this.quiet = quiet;
    this.engine = engine;
    this.mayRead = mayRead;
    this.onChange = onChange;
  }

  of(file: vscode.Uri): Verification | undefined {
    return this.known.get(file.toString());
  }

  /**
   * Takes what a verification said, until the file changes.
   * @param stamp of the file before the verification
   * @returns whether it holds: if the file changed meanwhile, nothing is known
   */
  async set(file: vscode.Uri, stamp: string, { verdict, findings }: VerifyAnswer): Promise<boolean> {
    if (stamp !== (await stampOf(file))) return false;
    const key = file.toString();
    const before = this.known.get(key);
    // Once there is a verdict about a package that can be read, what is not known to be damaged is intact.
    const seen = before?.stamp === stamp ? [...before.checked] : [];
    const checked = new Map(seen.filter(([, isGood]) => !isGood || verdict === 'unreadable'));
    for (const { code, where } of findings) {
      if (code.startsWith('content-') && where.path !== undefined) checked.set(where.path, false);
    }
    const problems = findings.filter(({ severity }) => severity !== 'info').length;
    this.known.set(key, { verdict, problems, stamp, checked });
    this.onChange(file);
    return true;
  }

  /** @returns whether something was known that no longer holds: events about changes from before a verification come late */
  async forget(file: vscode.Uri): Promise<boolean> {
    const key = file.toString();
    const stamp = await stampOf(file);
    if (stamp === '') this.unasked.delete(key);
    if (this.known.get(key)?.stamp === stamp) return false;
    this.known.delete(key);
    return true;
  }

  clear(): void {
    this.known.clear();
    this.waiting.length = 0;
    this.unasked.clear();
  }

  /**
   * Compares a package that is shown with its hashes, small files first, when its turn comes.
   * @param isAsked somebody looks into it
   */
  behind(file: vscode.Uri, isAsked: boolean): void {
    const key = file.toString();
    const waiting = this.waiting.findIndex((other) => other.toString() === key);
    if (waiting >= 0 && isAsked) this.waiting.unshift(...this.waiting.splice(waiting, 1));
    if (this.known.has(key) || !readConfig(file).verifyInBackground) return;
    if (!isAsked) {
      if (this.unasked.size >= MAX_UNASKED && !this.unasked.has(key)) return;
      this.unasked.add(key);
    }
    this.known.set(key, { stamp: '', problems: 0, checked: new Map() });
    if (isAsked) this.waiting.unshift(file);
    else this.waiting.push(file);
    void this.run();
  }

  private async run(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    await this.quiet.come();
    for (let file = this.waiting.shift(); file; file = this.waiting.shift()) {
      const key = file.toString();
      await this.verify(file).catch(() => this.known.delete(key));
      await this.quiet.come();
    }
    this.isRunning = false;
  }

  private async verify(file: vscode.Uri): Promise<void> {
    const key = file.toString();
    const stamp = await stampOf(file);
    const before = this.known.get(key);
    // Somebody else may have verified it meanwhile.
    if (before?.stamp !== '' || stamp === '') return;
    if (!(await this.mayRead(file))) {
      this.known.delete(key);
      return;
    }
    const { checked } = before;
    this.known.set(key, { stamp, problems: 0, checked });
    const answer = await this.engine.request('verify', aboutPackage(file), undefined, {
      onChecked: (path, isGood) => {
        checked.set(path, isGood);
        this.onChange(file);
      },
    });
    // Or the file may have changed.
    if (this.known.get(key)?.checked === checked && !(await this.set(file, stamp, answer))) this.known.delete(key);
  }
}
