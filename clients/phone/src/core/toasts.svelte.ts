/** Short messages at the top of the screen, away from the thumb, with at most one thing to do about each. */
export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'good' | 'bad';
  action?: { label: string; run: () => void } | undefined;
}

const SHOWN_MS = 6_000;

class Toasts {
  shown = $state.raw<readonly Toast[]>([]);
  #last = 0;
  /** The sheets that are open, the topmost last: they hide, and make inert, what lies outside of them. */
  #sheets = $state.raw<readonly string[]>([]);

  /** Where toasts are shown: `screen`, or the id of a sheet. */
  get place(): string {
    return this.#sheets.at(-1) ?? 'screen';
  }

  /** Show toasts in this sheet, until the returned function is called. */
  moveTo(sheet: string): () => void {
    this.#sheets = [...this.#sheets, sheet];
    return () => (this.#sheets = this.#sheets.filter((other) => other !== sheet));
  }

  show(text: string, options: { tone?: Toast['tone']; action?: Toast['action'] } = {}): void {
    const id = ++this.#last;
    // The same words twice say no more than once.
    const others = this.shown.filter((toast) => toast.text !== text).slice(-2);
    this.shown = [...others, { id, text, tone: options.tone ?? 'plain', action: options.action }];
    window.setTimeout(() => this.hide(id), options.action ? SHOWN_MS * 1.5 : SHOWN_MS);
  }

  hide(id: number): void {
    this.shown = this.shown.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
