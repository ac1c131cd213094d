// One work with everything that is needed to read, watch or print it.

import { both, h, type Child } from '../shared/dom';
import { kindLine, workAddress } from './cards';
import type { Item, Work } from './types';
import { AUDIENCE, day, LEVEL, readingTime, size, WORDS, type Words } from './words';

export function workView(work: Work): DocumentFragment {
  const fragment = new DocumentFragment();
  const facts = [
    work.level && both(LEVEL[work.level]),
    work.kind === 'LESSON' && both(readingTime(work.wordCount)),
    work.releasedAt && day(work.releasedAt),
  ].filter(Boolean);
  fragment.append(
    kindLine(work),
    h('h1', { tabindex: -1, lang: work.language }, work.title),
    h('p', { class: 'lead', lang: work.language }, work.summary),
    h('p', { class: 'small facts' }, ...facts.map((fact) => h('span', {}, fact))),
  );
  const media = mainFile(work);
  if (media) fragment.append(media);
  if (work.bodyHtml.trim()) fragment.append(body(work));
  if (work.items.length > 0) fragment.append(...items(work));
  fragment.append(details(work));
  return fragment;
}

function mainFile(work: Work): HTMLElement | undefined {
  if (!work.main) return undefined;
  const { url, mediaType, sizeBytes } = work.main;
  if (mediaType.startsWith('video/')) return video(work, url);
  const words = mediaType === 'application/pdf' ? WORDS.openPdf : WORDS.openFile;
  return h('p', {}, h('a', { class: 'button', href: url, type: mediaType }, both(words), ` (${size(sizeBytes)})`));
}

function video(work: Work, url: string): HTMLElement {
  const tracks = work.captions.map(({ language, asset }, index) =>
    h('track', { kind: 'captions', src: asset.url, srclang: language, label: languageName(language), default: index === 0 }),
  );
  const player = h('video', { controls: true, playsinline: true, preload: 'metadata', poster: work.cover?.url, 'aria-label': work.title }, ...tracks);
  // Captions from another origin (an S3 store) are only read under CORS, and then so is the video.
  const isAway = [url, ...work.captions.map((captions) => captions.asset.url)].some((address) => new URL(address, location.href).origin !== location.origin);
  if (isAway && tracks.length > 0) player.crossOrigin = 'anonymous';
  const trouble = h('p', { class: 'state trouble', role: 'alert', hidden: true }, both(WORDS.videoTrouble), ' ', h('a', { href: url }, both(WORDS.openFile)));
  player.addEventListener('error', () => {
    if (player.crossOrigin) {
      // A store without CORS: better a video without captions than none.
      player.removeAttribute('crossorigin');
      player.src = url;
    } else {
      trouble.hidden = false;
    }
  });
  player.src = url;
  return h('div', { class: 'video' }, player, trouble);
}

function languageName(language: string): string {
  try {
    return new Intl.DisplayNames(['vi'], { type: 'language' }).of(language) ?? language;
  } catch {
    return language;
  }
}

/** The server makes this HTML from Markdown, with raw HTML escaped. */
function body(work: Work): HTMLElement {
  const prose = h('div', { class: 'prose', lang: work.language });
  // Columns are aligned by inline styles there, which the Content-Security-Policy forbids.
  prose.innerHTML = work.bodyHtml.replace(/<(t[hd]) style="text-align: (\w+)"/g, '<$1 align="$2"');
  for (const table of prose.querySelectorAll('table')) {
    const scroller = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': WORDS.wideTable[0] });
    table.replaceWith(scroller);
    scroller.append(table);
  }
  return prose;
}

function items(work: Work): HTMLElement[] {
  const isCourse = work.kind === 'COURSE';
  return [
    h('h2', {}, both(isCourse ? WORDS.courseItems : WORDS.listItems)),
    h(isCourse ? 'ol' : 'ul', { class: 'items' }, ...work.items.map(item)),
  ];
}

function item({ work, book, note }: Item): HTMLElement {
  const line: Child[] = [];
  if (work) {
    line.push(kindLine(work), h('p', { class: 'item-title' }, h('a', { href: workAddress(work.slug) }, work.title)));
  } else if (book) {
    const imprint = [book.author, book.publisher, book.year].filter(Boolean).join(', ');
    line.push(
      h('p', { class: 'kind' }, both(WORDS.book)),
      h('p', { class: 'item-title' }, h('cite', {}, book.title)),
      imprint !== '' && h('p', {}, imprint),
      book.shelfMark && h('p', {}, both(WORDS.shelfMark), ': ', h('code', {}, book.shelfMark)),
    );
  } else {
    line.push(h('p', {}, both(WORDS.takenBack)));
  }
  return h('li', {}, ...line, note && h('p', {}, note));
}

function details(work: Work): HTMLElement {
  const rows: [Words, Child][] = [
    [WORDS.authors, work.authors.join(', ')],
    [WORDS.audience, work.audience.map((audience) => AUDIENCE[audience]).join(', ')],
    [WORDS.topics, work.topics.map((topic) => topic.name).join(', ')],
    [WORDS.sources, work.sources.length > 0 && h('ul', {}, ...work.sources.map((source) => h('li', {}, source)))],
    [WORDS.recheckBy, work.recheckBy && day(work.recheckBy)],
    [WORDS.licence, work.licence],
    [WORDS.edition, String(work.revision.number)],
  ];
  const known = rows.filter(([, value]) => value);
  return h('dl', { class: 'details' }, ...known.map(([name, value]) => h('div', {}, h('dt', {}, both(name)), h('dd', {}, value))));
}
