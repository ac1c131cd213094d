// The documents that ship with the server, grouped by who asks them.

const texts = import.meta.glob<string>('../../../crates/graphql/documents/*.graphql', { query: '?raw', import: 'default', eager: true });

export const PEOPLE = ['Anyone', 'Signing in', 'Citizen', 'Editor', 'Officer'] as const;
export type Person = (typeof PEOPLE)[number];

export interface Example {
  name: string;
  text: string;
  person: Person;
  /** What the comment at the head says, without the person. */
  about: string;
}

/** The comment at the head names the person, except in the few documents that come before one is somebody. */
function read([path, text]: [string, string]): Example {
  const name = path.replace(/^.*\/|\.graphql$/g, '');
  const comment = /^#\s*(.*)/.exec(text)?.[1] ?? '';
  const head = /^(Anyone|Citizen|Editor|Officer)\b(?:: )?(.*)$/.exec(comment);
  const person = (head?.[1] as Person | undefined) ?? (/signed-in citizen/.test(comment) ? 'Citizen' : 'Signing in');
  const about = (head?.[2] ?? comment).replace(/^, /, '');
  return { name, text: text.trimEnd() + '\n', person, about: about.charAt(0).toUpperCase() + about.slice(1) };
}

export const EXAMPLES: Example[] = Object.entries(texts).map(read);

/** The text of a shipped document that this page itself sends. */
export function shipped(name: string): string {
  const example = EXAMPLES.find((candidate) => candidate.name === name);
  if (!example) throw new Error(`no document ${name}`);
  return example.text;
}
