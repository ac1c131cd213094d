// Lists that grow by a button at their end.

import { both, h } from '../shared/dom';
import { Region } from './region';
import { WORDS } from './words';

export interface Page<T> {
  items: T[];
  /** Where the next page begins. */
  next: string | undefined;
}

type Load<T> = (after: string, signal: AbortSignal) => Promise<Page<T>>;

/** The first page as a list, and a button that fetches the next one. */
export function growingList<T>(first: Page<T>, className: string, item: (value: T) => HTMLElement, load: Load<T>): Node {
  const list = h('ul', { class: className, role: 'list' }, ...first.items.map(item));
  const end = h('div', { class: 'more' });
  const region = new Region(end);

  function button(next: string | undefined): Node {
    if (!next) return new DocumentFragment();
    const more = h('button', { type: 'button', class: 'quiet' }, both(WORDS.more));
    more.addEventListener('click', () => {
      end.focus({ preventScroll: true });
      void region.show((signal) => load(next, signal), append);
    });
    return more;
  }

  function append(page: Page<T>): Node {
    const items = page.items.map(item);
    list.append(...items);
    items[0]?.querySelector('a')?.focus();
    return button(page.next);
  }

  end.append(button(first.next));
  const fragment = new DocumentFragment();
  fragment.append(list, end);
  return fragment;
}
