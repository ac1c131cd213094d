// The answers of the public documents in crates/graphql/documents, as far as this page uses them.

export type WorkKind = 'LESSON' | 'VIDEO' | 'DOCUMENT' | 'COURSE' | 'READING_LIST';
export type Level = 'BASIC' | 'INTERMEDIATE' | 'ADVANCED';
export type Audience =
  'EVERYONE' | 'OLDER_ADULT' | 'YOUNG_PERSON' | 'FARMER' | 'WORKER' | 'OFFICIAL' | 'PARENT';

export interface WorkLink {
  kind: WorkKind;
  slug: string;
  title: string;
  durationSeconds?: number | null;
}

export interface WorkCard extends WorkLink {
  summary: string;
  topics: { slug: string; name: string }[];
  cover: { url: string } | null;
}

export interface PublicHome {
  works: { nodes: WorkCard[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

export interface Fragment {
  text: string;
  isMatch: boolean;
}

export interface Hit {
  cursor: string;
  title: Fragment[];
  snippet: Fragment[];
  work: WorkLink & { summary: string };
}

export interface Search {
  search: { totalCount: number; hasNextPage: boolean; hits: Hit[] };
}

export interface Item {
  note: string | null;
  work: WorkLink | null;
  book: {
    title: string;
    author: string | null;
    publisher: string | null;
    year: number | null;
    shelfMark: string | null;
  } | null;
}

export interface Work extends WorkCard {
  bodyHtml: string;
  wordCount: number;
  language: string;
  licence: string;
  level: Level | null;
  audience: Audience[];
  authors: string[];
  sources: string[];
  recheckBy: string | null;
  releasedAt: string | null;
  revision: { number: number };
  main: { sizeBytes: number; mediaType: string; url: string } | null;
  captions: { language: string; asset: { url: string } }[];
  items: Item[];
}

export interface PublicLesson {
  work: Work;
}
