/** What to tell the person when a request did not succeed. The service words its refusals in their language. */
import { ApiError, type Refusal } from '@tinder-for-trash/sdk';
import { defineTexts } from './language.svelte';
import { toasts } from './toasts.svelte';

const t = defineTexts({
  en: {
    network: 'No connection right now. Try again when you have a signal.',
    unexpected: 'Something went wrong here. Please try again.',
    codes: {
      push_unavailable: 'This browser could not be registered for notifications. Try again later.',
      storage_full: 'This phone has no room left to keep it. Make some room and try again.',
      storage_unreadable: 'This phone can no longer read the photo. Add it again.',
      outcome_unknown: 'It may have been sent long ago. Look whether it is there before you send it again.',
      earlier_refused: 'It belongs to something that was refused.',
    },
  },
  th: {
    network: 'ตอนนี้ไม่มีสัญญาณ ลองใหม่อีกครั้งเมื่อเชื่อมต่อได้',
    unexpected: 'มีบางอย่างผิดพลาด กรุณาลองอีกครั้ง',
    codes: {
      push_unavailable: 'ตั้งการแจ้งเตือนบนเบราว์เซอร์นี้ไม่สำเร็จ ลองใหม่ภายหลัง',
      storage_full: 'พื้นที่ในเครื่องเต็ม เก็บไว้ไม่ได้ ลบของที่ไม่ใช้แล้วลองใหม่อีกครั้ง',
      storage_unreadable: 'เครื่องอ่านรูปนี้ไม่ได้แล้ว กรุณาเพิ่มรูปใหม่',
      outcome_unknown: 'อาจส่งไปแล้วนานแล้ว ดูก่อนว่ามีอยู่หรือยัง แล้วค่อยส่งใหม่',
      earlier_refused: 'เป็นส่วนหนึ่งของรายการที่ไม่ผ่าน',
    },
  },
});

/** One sentence for the person. */
export function textOfProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return t().unexpected;
  if (error.code === 'network') return t().network;
  return textOfRefusal(error);
}

/** Why something was set aside: what this phone found itself is said here, the rest by the service. */
export function textOfRefusal({ code, message }: Pick<Refusal, 'code' | 'message'>): string {
  const own: Record<string, string> = t().codes;
  return own[code] ?? (message || t().unexpected);
}

/** What is wrong with one field, by its dotted path; undefined when nothing is. */
export function textOfField(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.fields.find((wrong) => wrong.field === field || wrong.field.startsWith(`${field}.`))?.detail;
}

/** Show a failed request as a toast. Anything but an ApiError is a defect and is thrown on. */
export function showProblem(error: unknown): void {
  toasts.show(textOfProblem(error), { tone: 'bad' });
  if (!(error instanceof ApiError)) throw error;
}
