import { defineTexts } from '../../core/language.svelte';

export const t = defineTexts({
  en: {
    title: 'Chats',
    empty: 'No chat yet',
    emptyText: 'When you match, the two of you talk here.',
    deck: 'Collect near me',
    give: 'Give something',
    you: (text: string) => `You: ${text}`,
    new: 'Say hello and agree on a time',
    unread: (count: number) => (count === 1 ? '1 new message' : `${count} new messages`),
    waiting: 'Not sent yet',
    nobody: 'Somebody',
  },
  th: {
    title: 'แชท',
    empty: 'ยังไม่มีแชท',
    emptyText: 'เมื่อจับคู่กันแล้ว ทั้งสองฝ่ายจะคุยกันได้ที่นี่',
    deck: 'ดูของใกล้ฉัน',
    give: 'ให้ของ',
    you: (text) => `คุณ: ${text}`,
    new: 'ทักทายและนัดเวลากันได้เลย',
    unread: (count) => `ข้อความใหม่ ${count} ข้อความ`,
    waiting: 'ยังไม่ได้ส่ง',
    nobody: 'ผู้ใช้',
  },
});
