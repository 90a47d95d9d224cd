import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type Finding, finding } from '../finding.ts';
import { isFile, isFolder, statOf } from '../io/path-kind.ts';
import { isImageName, splitName } from '../package/mime.ts';

/** Paths given by the user instead of the usual ones; relative to the package folder. */
export interface InputPaths {
  readonly icon?: string | undefined;
  readonly license?: string | undefined;
  readonly instructions?: string | undefined;
  readonly javascript?: string | undefined;
  /** `false`: pack no assets. */
  readonly assets?: string | false | undefined;
}

/** The files of a wrapper that go into a package as they are. Absolute paths; undefined where a finding says why. */
export interface Inputs {
  readonly icon: { readonly path: string; readonly name: string } | undefined;
  readonly license: string | undefined;
  readonly instructions: string | undefined;
  /** Optional: an assistant on the server reads it. */
  readonly readme: string | undefined;
  readonly javascript: string;
  readonly assets: string | undefined;
}

/**
 * Looks for a wrapper's files by the reference's rules (s9pk-v2 section 6.1, steps 3 to 6), all of them, so that
 * everything that is missing is reported at once.
 * @throws the file system's error if the folder itself cannot be read.
 */
export async function findInputs(folder: string, given: InputPaths, findings: Finding[]): Promise<Inputs> {
  const names = await readdir(folder);
  const finder = new InputFinder(folder, names, findings);
  const instructions = resolve(folder, given.instructions ?? 'instructions.md');
  const readme = join(folder, 'README.md');
  const assets = given.assets === false ? undefined : resolve(folder, given.assets ?? 'assets');
  const hasAssets = assets !== undefined && (await isFolder(assets));
  if (typeof given.assets === 'string' && !hasAssets) {
    findings.push(
      finding('input-missing', `the assets folder ${given.assets} is not there`, {
        file: resolve(folder, given.assets),
      }),
    );
  }
  return {
    icon: await finder.icon(given.icon),
    license: await finder.only('license', 'LICENSE', given.license),
    instructions: await finder.file(
      instructions,
      'instructions.md is missing; it is shown to users on the service page',
    ),
    // Only the exact name, also where the disk does not tell capitals apart.
    readme: names.includes('README.md') && (await isFile(readme)) ? readme : undefined,
    javascript: resolve(folder, given.javascript ?? 'javascript'),
    assets: hasAssets ? assets : undefined,
  };
}

class InputFinder {
  private readonly folder: string;
  private readonly names: readonly string[];
  private readonly findings: Finding[];

  constructor(folder: string, names: readonly string[], findings: Finding[]) {
    this.folder = folder;
    this.names = names;
    this.findings = findings;
  }

  async icon(given: string | undefined): Promise<Inputs['icon']> {
    const path = await this.only('icon', 'icon.png, icon.svg, icon.webp or icon.jpg', given);
    if (path === undefined) return undefined;
    const extension = splitName(basename(path)).extension ?? '';
    const name = `icon.${extension.toLowerCase()}`;
    if (!isImageName(name)) {
      const message = `"${extension}" is not an image type that devices show; use png, svg, webp or jpg`;
      return this.report('input-unsuitable', message, path);
    }
    if (extension !== extension.toLowerCase()) {
      this.report('icon-renamed', `the icon is packed as ${name}, because devices know no .${extension}`, path);
    }
    return { path, name };
  }

  /** The only entry whose stem is `stem`, whatever its case; or the one that was given. */
  async only(stem: string, example: string, given: string | undefined): Promise<string | undefined> {
    if (given !== undefined) return this.file(resolve(this.folder, given), `${given} is not there`);
    const matches = this.names.filter((name) => splitName(name).stem.toLowerCase() === stem);
    const [only] = matches;
    if (only === undefined) {
      return this.report(
        'input-missing',
        `there is no ${stem} file; add ${example} to the wrapper's folder`,
        this.folder,
      );
    }
    if (matches.length > 1) {
      const message = `there are several ${stem} files (${matches.join(', ')}); keep one`;
      return this.report('input-several', message, join(this.folder, only));
    }
    return this.file(
      join(this.folder, only),
      `${only} points to a file that is not there; is a git submodule missing?`,
    );
  }

  async file(path: string, message: string): Promise<string | undefined> {
    const info = await statOf(path);
    if (info?.isFile()) return path;
    return info
      ? this.report('input-unsuitable', `${path} must be a file`, path)
      : this.report('input-missing', message, path);
  }

  private report(code: Finding['code'], message: string, file: string): undefined {
    this.findings.push(finding(code, message, { file }));
  }
}
