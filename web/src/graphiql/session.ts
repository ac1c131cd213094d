// Signing in. Everything lives in memory only and is gone with the page; GraphiQL's panels come and go, so it is not
// kept in a component.

import { useSyncExternalStore } from 'react';
import { ApiError, ask } from '../shared/api';
import { deviceId, uuid } from '../shared/id';
import { shipped } from './documents';

export interface SessionState {
  step: 'phone' | 'code' | 'token';
  phone: string;
  challengeId: string;
  token: string;
  /** When the token ends, if it was given here. */
  endsAt: Date | undefined;
  isBusy: boolean;
  trouble: string;
}

const START: SessionState = { step: 'phone', phone: '', challengeId: '', token: '', endsAt: undefined, isBusy: false, trouble: '' };

let state = START;
const listeners = new Set<() => void>();

function set(change: Partial<SessionState>): void {
  state = { ...state, ...change };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): SessionState {
  return useSyncExternalStore(subscribe, () => state);
}

export function authorization(): Record<string, string> {
  return state.token ? { Authorization: `Bearer ${state.token}` } : {};
}

export function setToken(token: string): void {
  set({ token: token.trim().replace(/^Bearer\s+/i, ''), endsAt: undefined });
}

export function startAgain(): void {
  set({ ...START, phone: state.phone });
}

interface UserError {
  message: string;
}

/** One request: the same id again while the answer is lost, a new one as soon as the server has answered. */
let lost: { key: string; id: string } | undefined;

async function send<T extends { userErrors: UserError[] }>(document: string, field: string, input: object): Promise<T | undefined> {
  const key = JSON.stringify([document, input]);
  const clientMutationId = lost?.key === key ? lost.id : uuid();
  lost = { key, id: clientMutationId };
  set({ isBusy: true, trouble: '' });
  try {
    const data = await ask<Record<string, T>>(shipped(document), { input: { clientMutationId, ...input } });
    lost = undefined;
    const payload = data[field];
    if (!payload || payload.userErrors.length > 0) {
      set({ trouble: payload?.userErrors.map((error) => error.message).join(' ') ?? '' });
      return undefined;
    }
    return payload;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.kind === 'refused') lost = undefined;
    const words = { offline: 'You are offline.', unreachable: 'The server cannot be reached.', refused: error.message || 'The server refused.' };
    set({ trouble: words[error.kind] });
    return undefined;
  } finally {
    set({ isBusy: false });
  }
}

export async function requestCode(phone: string): Promise<void> {
  set({ phone });
  const sent = await send<{ challengeId: string; userErrors: UserError[] }>('RequestSignInCode', 'requestSignInCode', { phone });
  if (sent) set({ step: 'code', challengeId: sent.challengeId });
}

interface Session {
  accessToken: string;
  accessExpiresInSeconds: number;
}

export async function confirmCode(code: string): Promise<void> {
  const input = { challengeId: state.challengeId, code, device: { clientId: deviceId(), name: 'GraphiQL' } };
  const confirmed = await send<{ session: Session; userErrors: UserError[] }>('ConfirmSignInCode', 'confirmSignInCode', input);
  if (!confirmed) return;
  const { accessToken, accessExpiresInSeconds } = confirmed.session;
  set({ step: 'token', token: accessToken, endsAt: new Date(Date.now() + accessExpiresInSeconds * 1000) });
}
