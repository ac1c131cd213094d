// GraphiQL over this server's API. Nothing is loaded from elsewhere, and nothing that is typed here outlives the page.

import 'graphiql/setup-workers/vite';
// Not graphiql/style.css, which carries fonts as data: addresses.
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './graphiql.css';

import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import type { Fetcher, Storage } from '@graphiql/toolkit';
import { getIntrospectionQuery } from 'graphql';
import { createRoot } from 'react-dom/client';
import { ApiError, post } from '../shared/api';
import { byId } from '../shared/dom';
import { shipped } from './documents';
import { DENSACH_PLUGIN } from './panel';
import { authorization } from './session';
import { firstVariables } from './variables';

const fetcher: Fetcher = async ({ query, variables, operationName }, options) => {
  // GraphiQL asks nine types deep and would pass the server's limit of depth; ours are three deep at most.
  if (operationName === 'IntrospectionQuery') query = getIntrospectionQuery({ typeDepth: 4 });
  try {
    return await post({ query, variables, operationName }, { ...authorization(), ...options?.headers }) as object;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new Error(error.message || { offline: 'You are offline.', unreachable: 'The server cannot be reached.', refused: '' }[error.kind]);
  }
};

/** In place of localStorage: variables may hold phone numbers, codes and tokens, and computers are shared. */
function memory(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
    get length() {
      return kept.size;
    },
  };
}

const first = { query: shipped('PublicHome'), variables: firstVariables('PublicHome', shipped('PublicHome'), undefined) };
const plugins = [DENSACH_PLUGIN, HISTORY_PLUGIN];

createRoot(byId('root')).render(
  <GraphiQL
    fetcher={fetcher}
    storage={memory()}
    plugins={plugins}
    visiblePlugin={DENSACH_PLUGIN}
    defaultTabs={[first]}
    initialVariables={first.variables}
    showPersistHeadersSettings={false}
  >
    <GraphiQL.Logo>
      <a className="ds-logo" href="/">Đèn Sách</a>
    </GraphiQL.Logo>
  </GraphiQL>,
);
