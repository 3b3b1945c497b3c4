import { defineTexts } from '../../core/language.svelte';

export const t = defineTexts({
  en: {
    title: 'Inbox',
    empty: 'All quiet',
    emptyText: 'News about your pickups, likes and handovers comes here.',
    readAll: 'Mark all as read',
    settings: 'What to notify me of',
    unread: 'New',
    times: (count: number) => `${count} new`,
  },
  th: {
    title: 'แจ้งเตือน',
    empty: 'ยังไม่มีแจ้งเตือน',
    emptyText: 'ข่าวเกี่ยวกับของที่ให้ ของที่ขอ และการนัดรับจะอยู่ที่นี่',
    readAll: 'อ่านแล้วทั้งหมด',
    settings: 'เลือกเรื่องที่จะแจ้งเตือน',
    unread: 'ใหม่',
    times: (count) => `ใหม่ ${count}`,
  },
});
