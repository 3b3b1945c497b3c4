/** A card under the thumb: follows it, flies off when it was thrown or carried far enough, else springs back. */
import type { Direction } from './deck.svelte';

/** Carried this far (of the card's width), or thrown at this speed (pixels a millisecond), a card leaves. */
const FAR = 0.32;
const FAST = 0.55;
/** Below this many pixels it was a tap. */
const TAP = 9;
const DEGREES_PER_PIXEL = 0.055;

const isCalm = (): boolean => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export class Drag {
  x = $state(0);
  y = $state(0);
  isHeld = $state(false);
  /** -1 to 1: how close to a pass or a like. */
  lean = $derived(Math.max(-1, Math.min(1, this.x / 120)));
  transform = $derived(`translate(${this.x}px, ${this.y}px) rotate(${this.x * DEGREES_PER_PIXEL}deg)`);
  #element: HTMLElement | null = null;
  #start = { x: 0, y: 0 };
  #samples: { x: number; at: number }[] = [];
  #isLeaving = false;
  #onLeave: (direction: Direction) => void;
  #onTap: (event: PointerEvent) => void;

  constructor(onLeave: (direction: Direction) => void, onTap: (event: PointerEvent) => void) {
    this.#onLeave = onLeave;
    this.#onTap = onTap;
  }

  /** Svelte attachment: `{@attach drag.attach}` on the card. */
  attach = (element: HTMLElement): void => {
    this.#element = element;
  };

  down = (event: PointerEvent): void => {
    if (this.#isLeaving || !event.isPrimary || event.button !== 0) return;
    this.isHeld = true;
    this.#start = { x: event.clientX, y: event.clientY };
    this.#samples = [{ x: event.clientX, at: event.timeStamp }];
    this.#element?.setPointerCapture(event.pointerId);
  };

  move = (event: PointerEvent): void => {
    if (!this.isHeld) return;
    this.x = event.clientX - this.#start.x;
    this.y = (event.clientY - this.#start.y) * 0.35;
    this.#samples = [...this.#samples.slice(-5), { x: event.clientX, at: event.timeStamp }];
  };

  up = (event: PointerEvent): void => {
    if (!this.isHeld) return;
    this.isHeld = false;
    if (Math.hypot(event.clientX - this.#start.x, event.clientY - this.#start.y) < TAP) {
      this.#springBack();
      this.#onTap(event);
      return;
    }
    const speed = this.#speed(event.timeStamp);
    const isFar = Math.abs(this.x) > (this.#element?.offsetWidth ?? 300) * FAR;
    const isThrown = Math.abs(speed) > FAST && Math.sign(speed) === Math.sign(this.x) && Math.abs(this.x) > 24;
    // A card that is pulled back at the end is kept.
    const isKept = Math.abs(speed) > FAST && Math.sign(speed) !== Math.sign(this.x);
    if ((isFar && !isKept) || isThrown) void this.leave(this.x > 0 ? 'like' : 'pass', Math.abs(speed));
    else this.#springBack();
  };

  cancel = (): void => {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.#springBack();
  };

  /** Fly off to the side of `direction`, then tell. */
  async leave(direction: Direction, speed = 0): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    const side = direction === 'like' ? 1 : -1;
    const from = { transform: this.transform, opacity: 1 };
    const away = window.innerWidth * 1.15 * side;
    this.x = Math.abs(this.x) > 40 ? this.x : 40 * side;
    const to = isCalm()
      ? { transform: from.transform, opacity: 0 }
      : { transform: `translate(${away}px, ${this.y * 1.4}px) rotate(${18 * side}deg)`, opacity: 1 };
    const duration = isCalm() ? 120 : Math.max(160, Math.min(320, window.innerWidth / Math.max(speed, 1.25)));
    await this.#element?.animate([from, to], { duration, easing: 'cubic-bezier(0.3, 0.3, 0.6, 1)', fill: 'forwards' })
      .finished;
    this.#onLeave(direction);
  }

  #springBack(): void {
    const from = this.transform;
    this.x = this.y = 0;
    if (from === this.transform || isCalm()) return;
    this.#element?.animate([{ transform: from }, { transform: this.transform }], {
      duration: 380,
      easing: 'cubic-bezier(0.2, 1.5, 0.4, 1)',
    });
  }

  /** Pixels a millisecond over the last tenth of a second. */
  #speed(now: number): number {
    const recent = this.#samples.filter(({ at }) => now - at < 100);
    const [first, last] = [recent[0], recent.at(-1)];
    return first && last && last.at > first.at ? (last.x - first.x) / (last.at - first.at) : 0;
  }
}
