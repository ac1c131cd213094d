// Making elements without a framework.

export type Child = Node | string | false | null | undefined;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number | boolean | null | undefined> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== false && child != null));
  return element;
}

/** Vietnamese with English beside it; once where both are the same. */
export function both([vi, en]: readonly [string, string]): DocumentFragment {
  const fragment = new DocumentFragment();
  fragment.append(vi);
  if (en !== vi) fragment.append(' ', h('span', { lang: 'en', class: 'en' }, en));
  return fragment;
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no #${id}`);
  return element;
}
