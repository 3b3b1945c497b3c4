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
