import type { Finding } from '../../../engine/finding.ts';
import { formatSize } from '../../../engine/format-size.ts';
import type { PackagePage, PageIcon, PageText, VerifyAnswer } from '../../../worker/protocol.ts';
import { Html, html } from './html.ts';

/** Translates a text; `{0}` stands for the first argument. */
export type Translate = (text: string, ...args: (string | number)[]) => string;

export interface PageContext {
  readonly fileName: string;
  /** Language of the editor, such as `de`. */
  readonly language: string;
  readonly t: Translate;
  /** Where the page's own style and scripts are, and the source that alone may be used beside images in the page. */
  readonly style: string;
  readonly script: string;
  readonly treemapScript: string;
  readonly source: string;
}

/** Files that the chart of sizes shows; the others are one line. */
const SHOWN_SHARES = 8;

/** The whole page of a package. It uses nothing from outside: no network, no file, only images that are in it. */
export function renderPage(page: PackagePage, context: PageContext): string {
  const { t, language, fileName } = context;
  const csp = `default-src 'none'; img-src data:; style-src ${context.source}; script-src ${context.source}`;
  const { summary } = page;
  const title = summary.title ? `${summary.title} ${summary.version ?? ''}`.trim() : fileName;
  return html`<!DOCTYPE html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="${context.style}">
</head>
<body>
<main>
<header>
${page.icon ? html`<img class="icon" src="${dataUri(page.icon)}" alt="">` : html`<div class="icon none" aria-hidden="true"></div>`}
<div>
<h1>${summary.title ?? fileName}</h1>
<p class="subtitle">${summary.version ? t('Version {0}', summary.version) : summary.opens ? t('The manifest of this package cannot be used.') : t('This package cannot be read as a whole.')}
<span class="file">${fileName}, ${formatSize(summary.size)}</span></p>
<p class="short">${textFor(page, 'short', language)}</p>
</div>
</header>
<div class="actions" role="group" aria-label="${t('Actions')}">
${button('verify', t('Verify'))}${summary.opens ? [button('compare', t('Compare With…')), button('extract', t('Extract…'))] : undefined}${page.summary.manifest === undefined ? undefined : button('openManifest', t('Open Manifest'))}
</div>
<section aria-labelledby="state"><h2 id="state">${t('State')}</h2>
<div id="verdict" role="status">${renderFindings(summary.findings, t)}</div></section>
${renderSigner(page, t)}
${renderTexts(page, context)}
${renderImages(page, t)}
${renderShares(page, t)}
${renderDependencies(page, context)}
${renderFacts(page, t)}
</main>
<script src="${context.script}"></script>
<script src="${context.treemapScript}"></script>
</body>
</html>`.text;
}

/** What a verification said, as the inside of the page's status. */
export function renderVerdict({ verdict, findings, signer }: VerifyAnswer, t: Translate): string {
  const words: Record<VerifyAnswer['verdict'], string> = {
    verified: t('Intact and complete.'),
    unusual: t('Intact and complete, but no packer writes it this way.'),
    incomplete: t('Intact, but not a complete package.'),
    damaged: t('Damaged.'),
    unreadable: t('It cannot be opened.'),
  };
  const isGood = verdict === 'verified' || verdict === 'unusual';
  const by = signer && (signer.name ? t('Signed by {0}.', signer.name) : t('Signed by an unknown key.'));
  return html`<p class="verdict ${isGood ? 'good' : 'bad'}">${words[verdict]} ${by}</p>${new Html(
    renderFindings(
      findings.filter(({ severity }) => severity !== 'info'),
      t,
    ).text,
  )}`.text;
}

function renderFindings(findings: readonly Finding[], t: Translate): Html {
  if (findings.length === 0) return html``;
  const word = { error: t('Error'), warning: t('Warning'), info: t('Information') };
  return html`<ul class="findings">${findings.map(
    ({ severity, message, code, where }) =>
      html`<li class="${severity}"><strong>${word[severity]}</strong> ${where.path && !message.includes(where.path) ? html`<code>${where.path}</code> ` : undefined}${message} <span class="code">${code}</span></li>`,
  )}</ul>`;
}

function renderSigner({ commitment, order, summary }: PackagePage, t: Translate): Html {
  if (!summary.signer && !commitment) return html``;
  const { signer } = summary;
  const orders = { priority: t('streaming order'), name: t('order of names') };
  return html`<section aria-labelledby="signer"><h2 id="signer">${t('Signature')}</h2><dl>
${signer ? html`<dt>${t('Signed by')}</dt><dd>${signer.isUnchecked ? undefined : html`${signer.name ?? t('unknown key')} `}<code>${signer.fingerprint}</code> ${button('copySigner', t('Copy Key'), t('Copy the public key of the signer'))}</dd>` : undefined}
${
  commitment
    ? html`<dt>${t('Root hash')}</dt><dd><code class="long">${commitment.rootSighash}</code> ${button('copyJson', t('Copy JSON'), t('Copy the commitment as JSON'))}${button('copyQuery', t('Copy URL Query'), t('Copy the commitment as a URL query'))}</dd>
<dt>${t('Largest root table')}</dt><dd>${t('{0} bytes', commitment.rootMaxsize)}</dd>`
    : undefined
}
${order ? html`<dt>${t('Order of entries')}</dt><dd>${orders[order]}</dd>` : undefined}
</dl></section>`;
}

function renderTexts({ texts }: PackagePage, { t, language }: PageContext): Html {
  const words = {
    short: t('Short description'),
    long: t('Description'),
    releaseNotes: t('Release notes'),
    preDownloadAlert: t('Shown before an update'),
  };
  const shown = texts.filter(({ name, texts: list }) => name !== 'short' || list.length > 1);
  if (shown.length === 0) return html``;
  return html`<section aria-labelledby="texts"><h2 id="texts">${t('Texts')}</h2>${shown.map(({ name, texts: list }) => {
    const best = pick(list, language);
    const others = list.filter((text) => text !== best);
    return html`<h3>${words[name]}</h3><p class="text"${langOf(best)}>${best?.text}</p>${
      others.length > 0
        ? html`<details><summary>${t('Other languages ({0})', others.length)}</summary>${others.map(
            (text) => html`<p class="text"${langOf(text)}><span class="tag">${text.tag}</span> ${text.text}</p>`,
          )}</details>`
        : undefined
    }`;
  })}</section>`;
}

function langOf(text: PageText | undefined): Html {
  return text?.tag ? html` lang="${text.tag.replaceAll('_', '-')}"` : html``;
}

function renderImages({ images }: PackagePage, t: Translate): Html {
  if (images.length === 0) return html``;
  return html`<section aria-labelledby="images"><h2 id="images">${t('Images')}</h2>
<div class="scroll" role="region" tabindex="0" aria-label="${t('Table of images')}"><table>
<thead><tr><th scope="col">${t('Image')}</th><th scope="col">${t('Architecture')}</th><th scope="col">${t('Compression')}</th><th scope="col" class="number">${t('Size')}</th><th scope="col">${t('Actions')}</th></tr></thead>
<tbody>${images.map(
    ({ id, arch, size, compressor, isMissing, path }) =>
      html`<tr><th scope="row">${id}</th><td>${arch}</td><td>${isMissing ? t('left out') : (compressor ?? t('not a squashfs image'))}</td><td class="number">${formatSize(size)}</td><td>${
        isMissing || !compressor
          ? undefined
          : button('weighFromTable', t('What Is Large'), t('What is large in {0} for {1}', id, arch), path)
      }</td></tr>`,
  )}</tbody></table></div></section>`;
}

function renderShares({ shares }: PackagePage, t: Translate): Html {
  const total = shares.reduce((sum, { size }) => sum + size, 0);
  if (total === 0) return html``;
  const shown = shares.slice(0, SHOWN_SHARES);
  const rest = shares.slice(SHOWN_SHARES);
  const rows = [
    ...shown,
    ...(rest.length > 0
      ? [{ path: t('{0} more files', rest.length), size: rest.reduce((sum, { size }) => sum + size, 0) }]
      : []),
  ];
  return html`<section aria-labelledby="sizes"><h2 id="sizes">${t('Sizes')}</h2>${renderTreemap(t)}<ul class="shares">${rows.map(
    ({ path, size }) =>
      html`<li><span class="path">${path}</span><meter min="0" max="${total}" value="${size}" aria-label="${path}">${percent(size, total)}</meter><span class="number">${formatSize(size)}, ${percent(size, total)}</span></li>`,
  )}</ul></section>`;
}

/** What the page's script draws a map into, once the editor has told it what there is. */
function renderTreemap(t: Translate): Html {
  return html`<div id="treemap" hidden>
<nav aria-label="${t('Path')}"><ol class="above"></ol></nav>
<p class="weight" role="status"></p>
<div class="tiles" role="toolbar" aria-describedby="treemap-keys"></div>
<p class="hint" id="treemap-keys">${t('Arrow keys go from one to the next, Enter opens, Escape goes up.')}</p>
</div>`;
}

function percent(size: number, total: number): string {
  const share = (100 * size) / total;
  if (share > 0 && share < 0.1) return '< 0.1 %';
  return `${share >= 10 ? Math.round(share) : share.toFixed(1)} %`;
}

function renderDependencies({ dependencies }: PackagePage, { t, language }: PageContext): Html {
  if (dependencies.length === 0) return html``;
  return html`<section aria-labelledby="dependencies"><h2 id="dependencies">${t('Dependencies')}</h2><ul class="dependencies">${dependencies.map(
    ({ id, title, description, icon, optional, wanted }) =>
      html`<li>${icon ? html`<img src="${dataUri(icon)}" alt="">` : html`<span class="none" aria-hidden="true"></span>`}<div><strong>${(title && pick(title, language)?.text) ?? id}</strong> <code>${id}</code> ${optional ? t('optional') : t('required')}${wanted.map((what) => html` <code>${what}</code>`)}${
        description ? html`<p>${pick(description, language)?.text}</p>` : undefined
      }</div></li>`,
  )}</ul></section>`;
}

function renderFacts({ facts }: PackagePage, t: Translate): Html {
  if (facts.length === 0) return html``;
  return html`<section aria-labelledby="facts"><h2 id="facts">${t('Manifest')}</h2><dl>${facts.map(
    ({ name, value }) =>
      html`<dt><code>${name}</code></dt><dd>${name === 'ram' ? formatSize(Number(value)) : value}</dd>`,
  )}</dl></section>`;
}

function button(action: string, label: string, description?: string, argument?: string): Html {
  return html`<button type="button" data-action="${action}"${argument === undefined ? undefined : html` data-argument="${argument}"`}${
    description === undefined ? undefined : html` title="${description}"`
  }>${label}</button>`;
}

function textFor({ texts }: PackagePage, name: 'short', language: string): string | undefined {
  return pick(texts.find((text) => text.name === name)?.texts ?? [], language)?.text;
}

/** The text in the editor's language, else in English, else the first. */
function pick(texts: readonly PageText[], language: string): PageText | undefined {
  const inLanguage = (wanted: string) => texts.find(({ tag }) => tag?.slice(0, 2) === wanted.slice(0, 2));
  return inLanguage(language) ?? inLanguage('en') ?? texts[0];
}

function dataUri({ mime, base64 }: PageIcon): string {
  return `data:${mime};base64,${base64}`;
}
