/** Reads screens aloud with the browser's own voices, for people who read little or do not see well. */
import { language, type Language } from './language.svelte';

const KEY = 'read-aloud';

class Speech {
  /** Whether screens show a button that reads them. Kept on this phone. */
  isOn = $state(localStorage.getItem(KEY) === 'on');
  isSpeaking = $state(false);
  #voices = $state.raw<readonly SpeechSynthesisVoice[]>([]);

  constructor() {
    if (!('speechSynthesis' in window)) return;
    const read = (): void => void (this.#voices = speechSynthesis.getVoices());
    read();
    // Browsers list their voices only after a while.
    speechSynthesis.addEventListener('voiceschanged', read);
  }

  /** A voice for the person's language; undefined where the phone has none. */
  get voice(): SpeechSynthesisVoice | undefined {
    return this.#voiceIn(language.code);
  }

  /** A voice for what somebody wrote, by its letters; undefined where the phone has none. */
  voiceFor(text: string): SpeechSynthesisVoice | undefined {
    return this.#voiceIn(/[\u0e00-\u0e7f]/u.test(text) ? 'th' : 'en');
  }

  choose(isOn: boolean): void {
    this.isOn = isOn;
    localStorage.setItem(KEY, isOn ? 'on' : 'off');
    if (!isOn) this.stop();
  }

  /** Say a text, instead of what is being said. */
  say(text: string, voice = this.voice): void {
    if (!voice) return;
    this.stop();
    const words = new SpeechSynthesisUtterance(text);
    words.voice = voice;
    words.lang = voice.lang;
    words.onend = words.onerror = () => (this.isSpeaking = false);
    this.isSpeaking = true;
    speechSynthesis.speak(words);
  }

  stop(): void {
    if ('speechSynthesis' in window) speechSynthesis.cancel();
    this.isSpeaking = false;
  }

  #voiceIn(code: Language): SpeechSynthesisVoice | undefined {
    return this.#voices.find(({ lang }) => lang.replace('_', '-').startsWith(code));
  }
}

export const speech = new Speech();
