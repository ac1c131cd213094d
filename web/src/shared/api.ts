// The GraphQL API: public reads by the hash of their document, everything else by POST.

/** What a request that failed says; `message` is for people. */
export class ApiError extends Error {
  constructor(
    /** `offline`: no network here; `unreachable`: no answer; `refused`: the server said why. */
    readonly kind: 'offline' | 'unreachable' | 'refused',
    message = '',
    readonly code = '',
    readonly requestId = '',
  ) {
    super(message);
  }
}

export interface GraphqlError {
  message: string;
  extensions?: { code?: string; requestId?: string };
}

export interface Answer<T = unknown> {
  data?: T | null;
  errors?: GraphqlError[];
}

/** Slow lines are common, but nobody waits for ever. */
const PATIENCE_MS = 30_000;

async function fetchJson<T>(address: string, init: RequestInit, signal?: AbortSignal): Promise<T> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const timer = setTimeout(stop, PATIENCE_MS);
  signal?.addEventListener('abort', stop);
  try {
    const response = await fetch(address, { ...init, signal: controller.signal });
    const text = await response.text();
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new ApiError('refused', `HTTP ${response.status}`);
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(navigator.onLine ? 'unreachable' : 'offline');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function dataOf<T>(answer: Answer<T>): T {
  const error = answer.errors?.[0];
  if (error) throw new ApiError('refused', error.message, error.extensions?.code, error.extensions?.requestId);
  if (answer.data == null) throw new ApiError('refused');
  return answer.data;
}

let hashes: Promise<Map<string, string>> | undefined;

async function fetchHashes(): Promise<Map<string, string>> {
  const documents = await fetchJson<{ name: string; hash: string }[]>('/documents.json', {});
  if (!Array.isArray(documents)) throw new ApiError('refused', '/documents.json');
  return new Map(documents.map(({ name, hash }) => [name, hash]));
}

/** Asks one of the public documents, as a GET that every cache on the way may keep. */
export async function read<T>(document: string, variables: object, signal?: AbortSignal): Promise<T> {
  try {
    hashes ??= fetchHashes();
    const hash = (await hashes).get(document);
    if (!hash) throw new ApiError('refused', `/documents.json: ${document}?`);
    const query = new URLSearchParams({ documentId: hash, variables: JSON.stringify(variables) });
    return dataOf(await fetchJson<Answer<T>>(`/graphql?${query}`, {}, signal));
  } catch (error) {
    // The server may have been replaced by a newer one, with other hashes: the next try asks anew.
    hashes = undefined;
    throw error;
  }
}

export interface Question {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

/** Sends a document as text; errors are part of the answer. */
export function post<T>(question: Question, headers: Record<string, string> = {}): Promise<Answer<T>> {
  return fetchJson('/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(question),
  });
}

/** Sends a document as text; errors are thrown. */
export async function ask<T>(query: string, variables: object): Promise<T> {
  return dataOf(await post<T>({ query, variables }));
}
