import type { DataNode } from '../../meaning/data-tree.ts';
import { imagesUsed } from '../../rules-03/procedures.ts';
import { type Code, list, literal, objectOf, quote } from '../code.ts';
import type { Draft } from '../draft.ts';
import { mark } from '../marks.ts';
import { textAt, textsAt } from '../read.ts';

/** In the order in which the SDK lists them. */
const ARCHES = ['x86_64', 'aarch64', 'riscv64'];
/** What 0.3 runs on. */
const ARCHES_03 = ['x86_64', 'aarch64'];
/** Build arguments that builders of 0.4 set themselves. */
const SET_BY_BUILDER = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/;

/** `images` of the manifest: each image that a procedure of the package runs. */
export function imagesCode(draft: Draft): Code {
  const arch = list(archesOf(draft).map(quote));
  const isForSome = demandedArches(draft.manifest).length > 0;
  return objectOf(
    imageIds(draft).map((id) => {
      const { source, above } = sourceOf(draft, id);
      return {
        key: id,
        above,
        value: objectOf([
          { key: 'source', value: source },
          { key: 'arch', value: arch },
          // Devices that the manifest rules out must not emulate what it asks for.
          ...(isForSome ? [{ key: 'emulateMissingAs', value: 'null' }] : []),
        ]),
      };
    }),
  );
}

/** The package's own images, the main one first. */
export function imageIds(draft: Draft): string[] {
  const used = [...imagesUsed(draft.manifest).keys()];
  return used.length > 0 ? used : ['main'];
}

/** Architectures that the manifest names, else those that images lie there for, else those of 0.3. */
export function archesOf({ manifest, facts }: Draft): string[] {
  const folder = textAt(manifest, 'assets', 'docker-images') ?? 'docker-images';
  const there = ARCHES.filter((arch) => facts.files.includes(`${folder.replace(/\/+$/, '')}/${arch}.tar`));
  return [demandedArches(manifest), there].find((known) => known.length > 0) ?? ARCHES_03;
}

/** The architectures that the manifest demands; none if it takes every device. */
function demandedArches(manifest: DataNode): string[] {
  const wanted = textsAt(manifest, 'hardware-requirements', 'arch');
  return ARCHES.filter((arch) => wanted.includes(arch));
}

/** Where an image comes from: a Dockerfile that is there, else the tag under which 0.3 packed it. */
function sourceOf(draft: Draft, id: string): { source: Code; above: string[] } {
  const dockerfile = dockerfileOf(draft, id);
  if (dockerfile === undefined) {
    const version = textAt(draft.manifest, 'version') ?? '';
    const tag = `start9/${draft.oldId}/${id}:${version}`;
    const why = `there is no Dockerfile for this image; name a published one, or build one. Until then pack with --image ${id}:ARCH=FILE`;
    return { source: literal({ dockerTag: tag }), above: [mark('migrate-image', why)] };
  }
  const build = dockerfile === 'Dockerfile' ? { workdir: '.' } : { workdir: '.', dockerfile };
  return { source: literal({ dockerBuild: build }), above: argumentMarks(draft.text(dockerfile) ?? '') };
}

function dockerfileOf({ facts, manifest }: Draft, id: string): string | undefined {
  const own = [`${id}/Dockerfile`, `Dockerfile.${id}`, `${id}.Dockerfile`];
  const candidates = id === (textAt(manifest, 'main', 'image') ?? 'main') ? ['Dockerfile', ...own] : own;
  return candidates.find((path) => facts.files.includes(path));
}

/** Build arguments without a default: the Makefile of 0.3 gave them, and nobody does any more. */
function argumentMarks(dockerfile: string): string[] {
  const names = [...dockerfile.matchAll(/^[ \t]*ARG[ \t]+([A-Za-z_]\w*)[ \t\r]*$/gim)].map(([, name = '']) => name);
  const wanted = [...new Set(names)].filter((name) => !SET_BY_BUILDER.test(name));
  if (wanted.length === 0) return [];
  const what = `the Dockerfile wants ${wanted.join(', ')}, which the Makefile gave it; use TARGETARCH (amd64, arm64) there, or name them here in buildArgs`;
  return [mark('migrate-image', what)];
}
