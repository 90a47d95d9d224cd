import { lstat } from 'node:fs/promises';
import { imageSize, types } from 'image-size';
import { type Finding, finding } from '../../engine/finding.ts';
import { formatSize } from '../../engine/format-size.ts';
import { FileSource } from '../../engine/io/file-source.ts';
import { statOf } from '../../engine/io/path-kind.ts';

/** Bytes of an icon that are read to tell its type. */
const ICON_HEAD = 256 * 1024;

export type PathState = 'file' | 'folder' | 'dangling' | 'missing';

/** What is at a path; a symbolic link to nothing is dangling. */
export async function stateOf(path: string): Promise<PathState> {
  const info = await statOf(path);
  if (info) return info.isDirectory() ? 'folder' : 'file';
  return (await lstat(path).catch(() => undefined)) ? 'dangling' : 'missing';
}

/** Why a path is not the file it should be; undefined if it is. */
export async function checkFile(path: string, shown: string, where: Finding['where']): Promise<Finding | undefined> {
  switch (await stateOf(path)) {
    case 'file':
      return undefined;
    case 'folder':
      return finding('input-unsuitable', `${shown} must be a file`, where);
    case 'dangling':
      return finding(
        'input-missing',
        `${shown} points to a file that is not there; is a git submodule missing?`,
        where,
      );
    case 'missing':
      return finding('input-missing', `${shown} is not there`, where);
  }
}

async function readHead(path: string, limit: number): Promise<{ head: Buffer; size: number }> {
  await using source = await FileSource.open(path);
  return { head: Buffer.from(await source.read(0, limit)), size: source.size };
}

const FAMILY: Readonly<Record<string, string>> = { jpeg: 'jpg', jfif: 'jpg', pjpeg: 'jpg', pjp: 'jpg', apng: 'png' };
const familyOf = (type: string) => FAMILY[type] ?? type;

/** Whether an icon is what its name says, and not too large. */
export async function checkIcon(
  path: string,
  limit: number,
  code: 'icon-large' | 'icon-oversize',
  where: Finding['where'],
): Promise<Finding[]> {
  const { head, size } = await readHead(path, ICON_HEAD);
  const findings: Finding[] = [];
  if (size > limit) {
    const verb = code === 'icon-large' ? 'recommended' : 'allowed';
    findings.push(
      finding(code, `the icon has ${size} bytes (${formatSize(size)}); at most ${limit} are ${verb}`, where),
    );
  }
  const extension = (/\.([^./\\]+)$/.exec(path)?.[1] ?? '').toLowerCase();
  const type = typeOf(head);
  if (type === undefined) {
    if (types.includes(familyOf(extension) as (typeof types)[number]))
      findings.push(finding('icon-type', `the icon is no image that can be read as ${extension}`, where));
  } else if (familyOf(type) !== familyOf(extension)) {
    findings.push(
      finding(
        'icon-type',
        `the icon is of the type ${type}, but its name says ${extension}; devices go by the name`,
        where,
      ),
    );
  }
  return findings;
}

function typeOf(bytes: Buffer): string | undefined {
  try {
    return imageSize(bytes).type;
  } catch {
    return undefined;
  }
}

/**
 * Whether a licence file is a symbolic link that was checked out as text, as git does on Windows: one short line that
 * is a path.
 */
export async function checkLicenseText(path: string, where: Finding['where']): Promise<Finding[]> {
  const { head, size } = await readHead(path, 1024);
  const text = head.toString('utf8');
  const isPath =
    size <= 256 && /^[^\s:]*\/[^\s:]+$|^LICEN[CS]E[^\s]*$/.test(text.trim()) && !text.trim().includes('\n');
  if (!isPath) return [];
  const message = `the licence is one line, "${text.trim()}": a symbolic link that was checked out as text? Put the text itself here`;
  return [finding('license-text', message, where)];
}
