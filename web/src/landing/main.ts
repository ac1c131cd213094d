// The landing page. What it shows is in the address: #/, #/q/<text>, #/w/<slug>.

import { read } from '../shared/api';
import { both, byId, h } from '../shared/dom';
import { card, hit } from './cards';
import { growingList, type Page } from './list';
import { Region } from './region';
import type { Hit, PublicHome, PublicLesson, Search, WorkCard } from './types';
import { count, resultsFor, WORDS } from './words';
import { workView } from './work';

type Route = { at: 'home' } | { at: 'search'; text: string } | { at: 'work'; slug: string };

function route(): Route {
  const [, at, rest] = /^#\/([qw])\/(.+)$/.exec(location.hash) ?? [];
  let value = '';
  try {
    value = decodeURIComponent(rest ?? '').trim();
  } catch {
    // An address that somebody cut in the middle.
  }
  if (value && at === 'q') return { at: 'search', text: value };
  if (value && at === 'w') return { at: 'work', slug: value };
  return { at: 'home' };
}

const main = byId('main');
const skip = byId('skip');
/** What is only at home. */
const atHome = [byId('hero'), byId('hint'), byId('about')];
const form = byId('search') as HTMLFormElement;
const field = byId('text') as HTMLInputElement;
const resultsSection = byId('results');
const resultsTitle = byId('results-title');
const workSection = byId('work');
const offline = byId('offline');

const newest = new Region(byId('newest-list'));
const results = new Region(byId('results-list'));
const workPlace = h('div');
const work = new Region(workPlace);

/** What the two sections hold, so that going back finds them as they were. */
let shownText: string | undefined;
let shownSlug: string | undefined;
let shownTitle: string | undefined;
/** The link that led to the work, to come back to. */
let lastLink: HTMLAnchorElement | undefined;
let lastAt: Route['at'] | undefined;
/** How many steps of this visit lie behind the one that is shown. */
let steps = 0;

async function homePage(signal: AbortSignal, after?: string): Promise<Page<WorkCard>> {
  const { works } = await read<PublicHome>('PublicHome', { first: 9, ...(after && { after }) }, signal);
  return { items: works.nodes, next: (works.pageInfo.hasNextPage && works.pageInfo.endCursor) || undefined };
}

function showNewest(): void {
  void newest.show(homePage, (page) =>
    page.items.length > 0
      ? growingList(page, 'cards', card, (after, signal) => homePage(signal, after))
      : h('p', { class: 'state' }, both(WORDS.noWorks)),
  );
}

async function searchPage(text: string, signal: AbortSignal, after?: string): Promise<Page<Hit> & { total: number }> {
  const { search } = await read<Search>('Search', { text, first: 10, ...(after && { after }) }, signal);
  return { items: search.hits, next: search.hasNextPage ? search.hits.at(-1)?.cursor : undefined, total: search.totalCount };
}

function showResults(text: string): void {
  shownText = text;
  resultsTitle.replaceChildren(both(resultsFor(text)));
  void results.show(
    (signal) => searchPage(text, signal),
    (page) => {
      if (page.items.length === 0) return h('p', { class: 'state', role: 'status' }, both(WORDS.noHits));
      const fragment = new DocumentFragment();
      const list = growingList<Hit>(page, 'hits', hit, (after, signal) => searchPage(text, signal, after));
      fragment.append(h('p', { class: 'small', role: 'status' }, both(count(page.total))), list);
      return fragment;
    },
  );
}

function showWork(slug: string, isByLink: boolean): void {
  shownSlug = slug;
  shownTitle = undefined;
  void work
    .show(
      async (signal) => (await read<PublicLesson>('PublicLesson', { slug }, signal)).work,
      (value) => {
        shownTitle = value.title;
        return workView(value);
      },
    )
    .then(() => {
      const now = route();
      if (now.at !== 'work' || now.slug !== slug) return;
      setTitle(now);
      if (isByLink) workPlace.querySelector('h1')?.focus({ preventScroll: true });
    });
}

function setTitle(now: Route): void {
  const part = now.at === 'search' ? now.text : now.at === 'work' ? shownTitle : undefined;
  document.title = part ? `${part} – Đèn Sách` : WORDS.site[0];
}

/** Brings the page in line with the address. */
function follow(isFirst: boolean): void {
  const now = route();
  const isBack = lastAt === 'work' && now.at !== 'work';
  lastAt = now.at;
  for (const part of atHome) part.hidden = now.at !== 'home';
  resultsSection.hidden = now.at !== 'search';
  workSection.hidden = now.at !== 'work';
  if (now.at === 'search') {
    field.value = now.text;
    if (now.text !== shownText || results.hasFailed) showResults(now.text);
  }
  if (now.at === 'work' && (now.slug !== shownSlug || work.hasFailed)) showWork(now.slug, !isFirst);
  setTitle(now);
  if (isFirst) return;
  if (now.at === 'work') {
    // While it loads the keyboard is already there; the heading follows.
    (workPlace.querySelector('h1') ?? workPlace).focus({ preventScroll: true });
    workSection.scrollIntoView({ block: 'start' });
  } else if (isBack && lastLink?.isConnected && lastLink.closest('[hidden]') === null) {
    lastLink.focus();
  } else if (now.at === 'search') {
    resultsTitle.focus({ preventScroll: true });
    form.scrollIntoView({ block: 'start' });
  } else {
    scrollTo(0, 0);
  }
}

function backLink(): HTMLElement {
  const link = h('a', { href: '#/', class: 'back' }, both(WORDS.back));
  link.addEventListener('click', (event) => {
    if (steps === 0) return;
    event.preventDefault();
    history.back();
  });
  return h('p', {}, link);
}

function tellOffline(): void {
  offline.hidden = navigator.onLine;
  offline.replaceChildren(both(WORDS.offlineBanner));
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  lastLink = undefined;
  const hash = `#/q/${encodeURIComponent(text)}`;
  if (location.hash === hash) showResults(text);
  else location.hash = hash;
});

skip.addEventListener('click', (event) => {
  // The address says what is shown and stays as it is.
  event.preventDefault();
  main.focus();
});

document.addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link?.hash.startsWith('#/w/') && !workSection.contains(link)) lastLink = link;
});

addEventListener('hashchange', () => {
  steps += 1;
  follow(false);
});
addEventListener('online', tellOffline);
addEventListener('offline', tellOffline);

workSection.append(backLink(), workPlace);
tellOffline();
follow(true);
showNewest();
