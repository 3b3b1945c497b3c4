/** What to tell the person when a request did not succeed. The service words its refusals in their language. */
import { ApiError } from '@tinder-for-trash/sdk';
import { defineTexts } from './language.svelte';
import { toasts } from './toasts.svelte';

const t = defineTexts({
  en: {
    network: 'No connection right now. Try again when you have a signal.',
    unexpected: 'Something went wrong here. Please try again.',
  },
  th: {
    network: 'ตอนนี้ไม่มีสัญญาณ ลองใหม่อีกครั้งเมื่อเชื่อมต่อได้',
    unexpected: 'มีบางอย่างผิดพลาด กรุณาลองอีกครั้ง',
  },
});

/** One sentence for the person. */
export function textOfProblem(error: unknown): string {
  if (!(error instanceof ApiError)) return t().unexpected;
  if (error.code === 'network') return t().network;
  return error.message || t().unexpected;
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
