/** Firebase's phone sign-in. Import it lazily: it brings Firebase with it. */
import { initializeApp } from '@firebase/app';
import {
  initializeAuth,
  inMemoryPersistence,
  PhoneAuthProvider,
  RecaptchaVerifier,
  signInWithCredential,
  signOut,
  type Auth,
} from '@firebase/auth';
import type { components } from '@tinder-for-trash/sdk';

export type FirebaseConfig = components['schemas']['FirebaseConfig'];

let auth: Auth | null = null;

/** Nothing is kept at Firebase's side of the browser: its token becomes a session of the service at once. */
function authOf(config: FirebaseConfig): Auth {
  const { api_key, app_id, auth_domain, project_id } = config;
  const options = { apiKey: api_key, appId: app_id, authDomain: auth_domain, projectId: project_id };
  return initializeAuth(initializeApp(options, 'sign-in'), { persistence: inMemoryPersistence });
}

/** Proves one number by a code in a message. Errors are those of Firebase, with a `code` such as `auth/code-expired`. */
export class PhoneProof {
  readonly #auth: Auth;
  readonly #captcha: RecaptchaVerifier;
  readonly #badge = document.createElement('div');
  #verificationId = '';

  /** `container` holds the badge of the invisible reCAPTCHA. */
  constructor(config: FirebaseConfig, container: HTMLElement, language: string) {
    this.#auth = auth ??= authOf(config);
    this.#auth.languageCode = language;
    // An element of its own, as reCAPTCHA draws no second badge into one.
    container.append(this.#badge);
    this.#captcha = new RecaptchaVerifier(this.#auth, this.#badge, { size: 'invisible', badge: 'inline' });
  }

  /** Send a code to a number in E.164. Does not end while the person ignores a question of reCAPTCHA. */
  async send(phone: string): Promise<void> {
    this.#verificationId = await new PhoneAuthProvider(this.#auth).verifyPhoneNumber(phone, this.#captcha);
  }

  /** The ID token of Firebase, for the code that arrived. */
  async confirm(code: string): Promise<string> {
    const credential = PhoneAuthProvider.credential(this.#verificationId, code);
    const { user } = await signInWithCredential(this.#auth, credential);
    const token = await user.getIdToken();
    await signOut(this.#auth);
    return token;
  }

  close(): void {
    this.#captcha.clear();
    this.#badge.remove();
  }
}
