import { defineTexts } from '../core/language.svelte';

export const t = defineTexts({
  en: {
    phone: 'Phone number',
    phoneHint: 'You get a code by SMS. Your operator may charge for it.',
    send: 'Send me a code',
    sending: 'Sending the code …',
    sent: (phone: string) => `We have sent a code to ${phone}.`,
    code: 'Code from the message',
    name: 'Your name',
    nameHint: 'For a new account. Others see only your first name.',
    submit: 'Continue',
    resend: 'Send another code',
    resendIn: (seconds: number) => `Send another code in ${seconds} s`,
    change: 'Use another number',
    cancelled: 'Cancelled. No code has been sent.',
    problems: {
      number: 'This is not a phone number. Check the digits, and add the country code for one from abroad.',
      code: 'This is not the code. Look at the message again.',
      expired: 'This code has expired. Let us send you another one.',
      tooMany: 'Too many tries with this number. Wait a while, then try again.',
      captcha: 'We could not check that you are a person. Reload the page and try again.',
      disabled: 'This account has been disabled. Write to the operator of the service.',
      network: 'We could not reach the sign-in service. Check your connection and try again.',
      unavailable: 'Signing in by SMS does not work right now. Try again later or another way.',
    },
  },
  th: {
    phone: 'เบอร์โทรศัพท์',
    phoneHint: 'คุณจะได้รับรหัสทาง SMS ผู้ให้บริการมือถืออาจคิดค่าบริการ',
    send: 'ส่งรหัสให้ฉัน',
    sending: 'กำลังส่งรหัส …',
    sent: (phone) => `ส่งรหัสไปที่ ${phone} แล้ว`,
    code: 'รหัสในข้อความ',
    name: 'ชื่อของคุณ',
    nameHint: 'สำหรับบัญชีใหม่ คนอื่นจะเห็นเฉพาะชื่อต้น',
    submit: 'ไปต่อ',
    resend: 'ส่งรหัสใหม่',
    resendIn: (seconds) => `ส่งรหัสใหม่ได้ในอีก ${seconds} วินาที`,
    change: 'ใช้เบอร์อื่น',
    cancelled: 'ยกเลิกแล้ว ยังไม่ได้ส่งรหัส',
    problems: {
      number: 'เบอร์โทรนี้ไม่ถูกต้อง ตรวจตัวเลขอีกครั้ง ถ้าเป็นเบอร์ต่างประเทศให้ใส่รหัสประเทศด้วย',
      code: 'รหัสไม่ถูกต้อง ลองดูในข้อความอีกครั้ง',
      expired: 'รหัสนี้หมดอายุแล้ว กดส่งรหัสใหม่ได้เลย',
      tooMany: 'ลองกับเบอร์นี้หลายครั้งเกินไป รอสักครู่แล้วลองใหม่',
      captcha: 'เรายืนยันไม่ได้ว่าคุณเป็นคนจริง โหลดหน้านี้ใหม่แล้วลองอีกครั้ง',
      disabled: 'บัญชีนี้ถูกปิดใช้งาน กรุณาติดต่อผู้ดูแลบริการ',
      network: 'ติดต่อระบบเข้าสู่ระบบไม่ได้ ตรวจสัญญาณแล้วลองอีกครั้ง',
      unavailable: 'ตอนนี้เข้าสู่ระบบทาง SMS ไม่ได้ ลองใหม่ภายหลังหรือใช้วิธีอื่น',
    },
  },
});

export type PhoneProblem = keyof ReturnType<typeof t>['problems'];

const PROBLEMS: Record<string, PhoneProblem> = {
  'auth/invalid-phone-number': 'number',
  'auth/missing-phone-number': 'number',
  'auth/invalid-verification-code': 'code',
  'auth/missing-verification-code': 'code',
  'auth/code-expired': 'expired',
  'auth/invalid-verification-id': 'expired',
  'auth/missing-verification-id': 'expired',
  'auth/too-many-requests': 'tooMany',
  'auth/quota-exceeded': 'tooMany',
  'auth/captcha-check-failed': 'captcha',
  'auth/invalid-app-credential': 'captcha',
  'auth/missing-app-credential': 'captcha',
  'auth/user-disabled': 'disabled',
  'auth/network-request-failed': 'network',
  // The script of reCAPTCHA did not load.
  'auth/internal-error': 'network',
};

/** What an error of Firebase means for the person; one without a code is a script that did not load. */
export function phoneProblemOf(error: unknown): PhoneProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'auth/network-request-failed';
  return PROBLEMS[code] ?? 'unavailable';
}
