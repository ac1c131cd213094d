// A place on the page that is filled from the server: loading, the content, or what went wrong.

import { ApiError } from '../shared/api';
import { both, h } from '../shared/dom';
import { WORDS } from './words';

export class Region {
  private controller: AbortController | undefined;
  /** Asks once more what could not be shown. */
  private again: (() => void) | undefined;

  constructor(private readonly root: HTMLElement) {
    root.tabIndex = -1;
    addEventListener('online', () => {
      if (root.isConnected) this.again?.();
    });
  }

  get hasFailed(): boolean {
    return this.again !== undefined;
  }

  /** Shows what `load` brings; whatever was asked here before no longer matters. */
  async show<T>(load: (signal: AbortSignal) => Promise<T>, render: (value: T) => Node): Promise<void> {
    this.controller?.abort();
    const controller = new AbortController();
    this.controller = controller;
    this.again = undefined;
    this.root.setAttribute('aria-busy', 'true');
    this.root.replaceChildren(h('p', { class: 'state loading', role: 'status' }, both(WORDS.loading)));
    let content: Node;
    try {
      content = render(await load(controller.signal));
    } catch (error) {
      if (controller.signal.aborted) return;
      this.again = () => void this.show(load, render);
      content = this.trouble(error);
    }
    if (controller.signal.aborted) return;
    this.root.removeAttribute('aria-busy');
    this.root.replaceChildren(content);
  }

  private trouble(error: unknown): HTMLElement {
    const box = h('div', { class: 'state trouble', role: 'alert' });
    if (!(error instanceof ApiError)) {
      console.error(error);
      box.append(h('p', {}, both(WORDS.unknown)));
    } else if (error.kind === 'refused') {
      box.append(h('p', {}, error.message || both(WORDS.unknown)));
      if (error.requestId) box.append(h('p', { class: 'small' }, both(WORDS.requestId), ': ', h('code', {}, error.requestId)));
    } else {
      box.append(h('p', {}, both(WORDS[error.kind])));
    }
    const button = h('button', { type: 'button', class: 'quiet' }, both(WORDS.retry));
    button.addEventListener('click', () => {
      this.again?.();
      // The button is gone; the keyboard stays here.
      this.root.focus({ preventScroll: true });
    });
    box.append(button);
    return box;
  }
}
