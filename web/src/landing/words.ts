// Every word that the scripts of this page say, in Vietnamese and in English, and how values are written.

import type { Audience, Level, WorkKind } from './types';

export type Words = readonly [vi: string, en: string];

export const KIND: Record<WorkKind, Words> = {
  LESSON: ['Bài học', 'Lesson'],
  VIDEO: ['Video', 'Video'],
  DOCUMENT: ['Tài liệu', 'Document'],
  COURSE: ['Khóa học', 'Course'],
  READING_LIST: ['Danh mục đọc', 'Reading list'],
};

export const LEVEL: Record<Level, Words> = {
  BASIC: ['Cơ bản', 'Basic'],
  INTERMEDIATE: ['Trung cấp', 'Intermediate'],
  ADVANCED: ['Nâng cao', 'Advanced'],
};

export const AUDIENCE: Record<Audience, string> = {
  EVERYONE: 'mọi người',
  OLDER_ADULT: 'người cao tuổi',
  YOUNG_PERSON: 'người trẻ',
  FARMER: 'nhà nông',
  WORKER: 'người lao động',
  OFFICIAL: 'cán bộ, công chức',
  PARENT: 'cha mẹ',
};

export const WORDS = {
  site: ['Đèn Sách – thư viện học suốt đời', ''],
  loading: ['Đang tải…', 'Loading…'],
  retry: ['Thử lại', 'Try again'],
  more: ['Xem thêm', 'More'],
  back: ['Trở lại', 'Back'],
  offline: ['Máy đang không có mạng. Khi có mạng, trang sẽ tự tải tiếp.', 'You are offline. The page goes on by itself when the network is back.'],
  offlineBanner: ['Mất mạng. Những gì đã mở vẫn đọc được.', 'Offline. What is open can still be read.'],
  unreachable: ['Chưa tới được máy chủ. Mạng có thể đang yếu.', 'The server cannot be reached. The line may be weak.'],
  unknown: ['Có lỗi. Xin thử lại.', 'Something went wrong. Please try again.'],
  requestId: ['Mã yêu cầu', 'Request id'],
  noHits: ['Không tìm thấy bài nào. Thử từ khác, ngắn hơn, hoặc xem các bài mới nhất bên dưới.', 'Nothing found. Try other or fewer words, or see the newest works below.'],
  noWorks: ['Thư viện chưa có bài nào.', 'The library is still empty.'],
  openPdf: ['Mở tệp PDF', 'Open the PDF'],
  openFile: ['Mở tệp', 'Open the file'],
  videoTrouble: ['Không phát được video này.', 'This video cannot be played.'],
  courseItems: ['Trong khóa học này', 'In this course'],
  listItems: ['Trong danh mục này', 'On this list'],
  takenBack: ['Bài này hiện không còn.', 'This work is no longer available.'],
  book: ['Sách in', 'Printed book'],
  shelfMark: ['Ký hiệu xếp giá', 'Shelf mark'],
  authors: ['Tác giả', 'Authors'],
  audience: ['Dành cho', 'For'],
  topics: ['Chủ đề', 'Topics'],
  sources: ['Nguồn', 'Sources'],
  licence: ['Giấy phép', 'Licence'],
  edition: ['Bản', 'Edition'],
  recheckBy: ['Xem lại nội dung trước ngày', 'Facts to be checked again by'],
  wideTable: ['Bảng, cuộn ngang được', 'Table, scrolls sideways'],
} as const satisfies Record<string, Words>;

const number = new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 1 });
const date = new Intl.DateTimeFormat('vi-VN', { day: 'numeric', month: 'numeric', year: 'numeric', timeZone: 'Asia/Ho_Chi_Minh' });

export function count(total: number): Words {
  return [`${number.format(total)} kết quả`, total === 1 ? '1 result' : `${total} results`];
}

export function resultsFor(text: string): Words {
  return [`Kết quả cho “${text}”`, 'Results'];
}

export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds % 60);
  return [minutes > 0 && `${minutes} phút`, (rest > 0 || minutes === 0) && `${rest} giây`].filter(Boolean).join(' ');
}

/** Minutes of quiet reading, at two hundred syllables each. */
export function readingTime(wordCount: number): Words {
  const minutes = Math.max(1, Math.round(wordCount / 200));
  return [`khoảng ${minutes} phút đọc`, `about ${minutes} min to read`];
}

export function size(bytes: number): string {
  return bytes < 1e6 ? `${number.format(Math.max(1, Math.round(bytes / 1e3)))} kB` : `${number.format(bytes / 1e6)} MB`;
}

export function day(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : date.format(at);
}
