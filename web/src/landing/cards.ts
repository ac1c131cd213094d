// Works in lists.

import { both, h } from '../shared/dom';
import type { Fragment, Hit, WorkCard, WorkLink } from './types';
import { duration, KIND } from './words';

export function workAddress(slug: string): string {
  return `#/w/${encodeURIComponent(slug)}`;
}

/** What a work is, and how long a video runs. */
export function kindLine(work: WorkLink): HTMLElement {
  return h('p', { class: 'kind' }, both(KIND[work.kind]), work.durationSeconds ? ` · ${duration(work.durationSeconds)}` : '');
}

export function card(work: WorkCard): HTMLElement {
  return h(
    'li',
    { class: 'card' },
    work.cover && h('img', { src: work.cover.url, alt: '', loading: 'lazy', width: 640, height: 360 }),
    h(
      'div',
      {},
      kindLine(work),
      h('h3', {}, h('a', { href: workAddress(work.slug) }, work.title)),
      h('p', {}, work.summary),
      h('p', { class: 'small' }, work.topics.map((topic) => topic.name).join(' · ')),
    ),
  );
}

function marked(fragments: Fragment[]): Node[] {
  return fragments.map(({ text, isMatch }) => (isMatch ? h('mark', {}, text) : document.createTextNode(text)));
}

export function hit({ work, title, snippet }: Hit): HTMLElement {
  return h(
    'li',
    {},
    kindLine(work),
    h('h2', {}, h('a', { href: workAddress(work.slug) }, ...(title.length > 0 ? marked(title) : [work.title]))),
    h('p', {}, ...(snippet.length > 0 ? marked(snippet) : [work.summary])),
  );
}
