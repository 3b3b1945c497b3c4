/**
 * One match and what its two people can do about it. Every action answers with the match as it is then.
 *
 * What happens on the way and at the door, where there may be no signal, goes through the outbox, and so does the
 * rating: sent in the order in which it was done.
 */
import { ApiError, dataOf, newId, type components, type OutboxEntry, type Outcome } from '@tinder-for-trash/sdk';
import { isAbout, keepFresh } from '../../core/live.svelte';
import { outbox, outcomeSoon } from '../../core/outbox.svelte';
import { readPlace } from '../../core/place';
import { showProblem } from '../../core/problems';
import { Resource } from '../../core/resource.svelte';
import { api } from '../../core/session.svelte';
import { timeNow } from '../../core/time';
import { toasts } from '../../core/toasts.svelte';
import { t } from './texts';
import { formOf, keptForm, type Figures } from './weigh_form';

type Schemas = components['schemas'];
export type Match = Schemas['MatchOutput'];
export type WeighIn = Schemas['WeighInInputRequest'];
export type MeetingPoint = Schemas['MeetingPointOutput'];
type Arrival = Partial<Schemas['ArriveInputRequest']>;
type Step = 'on-my-way' | 'arrive' | 'weigh-in' | 'photos' | 'confirm' | 'rating';

export class Handover {
  readonly id: string;
  readonly match: Resource<Match>;
  isBusy = $state(false);
  /** What the last action was refused for, for the fields of its form. */
  error = $state.raw<unknown>(null);
  /** What is kept on this phone for this match, in order: it waits for a signal, or was refused. */
  readonly kept = $derived(outbox.entries.filter(({ lane }) => lane === this.#lane));
  readonly keptSetOff = $derived(this.#keptAt('on-my-way'));
  readonly keptArrival = $derived(this.#keptAt('arrive', (body: Arrival) => !body.other));
  readonly keptSight = $derived(this.#keptAt('arrive', (body: Arrival) => body.other === true));
  readonly keptRating = $derived(this.#keptAt('rating'));
  readonly keptWeighIn = $derived(this.#keptAt('weigh-in'));
  readonly keptCode = $derived(this.#keptAt('confirm'));
  readonly #lane: string;

  constructor(id: string) {
    this.id = id;
    this.#lane = `match/${id}`;
    this.match = new Resource(`match/${id}`, () =>
      dataOf(api().GET('/api/v1/matches/{match_id}', { params: { path: { match_id: id } } })),
    );
    keepFresh(this.match, (event) => isAbout(event, 'match', id));
    $effect(() => outbox.sdk.on('outcome', (outcome) => this.#hear(outcome)));
  }

  /** Null for the door. */
  propose = (at: string, point: MeetingPoint | null) =>
    this.#do(
      api().POST('/api/v1/matches/{match_id}/handover/propose', {
        ...this.#params(),
        body: { at, meeting_point: point },
      }),
    );
  agree = (at: string, point: MeetingPoint | null) =>
    this.#do(
      api().POST('/api/v1/matches/{match_id}/handover/agree', {
        ...this.#params(),
        body: { at, place: point?.name ?? '' },
      }),
    );
  setOff = () => this.#queue('on-my-way', { body: {} });
  noShow = () => this.#do(api().POST('/api/v1/matches/{match_id}/handover/no-show', this.#params()));
  /** Say whether everything is all right. */
  checkIn = (answer: 'ok' | 'help') =>
    this.#do(api().POST('/api/v1/matches/{match_id}/handover/check-in', { ...this.#params(), body: { answer } }));
  /** Add a photo of the scale. */
  addPhoto = (photo: File) => this.#queue('photos', { form: { photo } });
  accept = (version: number) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/handover/accept', { ...this.#params(), body: { version } }));
  /** What the receipt should say. */
  correct = (body: WeighIn) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/receipt/corrections', { ...this.#params(), body }));
  acceptCorrection = (version: number) =>
    this.#do(
      api().POST('/api/v1/matches/{match_id}/receipt/corrections/accept', { ...this.#params(), body: { version } }),
    );
  declineCorrection = (version: number) =>
    this.#do(
      api().POST('/api/v1/matches/{match_id}/receipt/corrections/decline', { ...this.#params(), body: { version } }),
    );
  release = (reason: Schemas['ReleaseReason']) =>
    this.#do(api().POST('/api/v1/matches/{match_id}/release', { ...this.#params(), body: { reason } }));
  rate = (body: Schemas['RatingInputRequest']) => this.#queue('rating', { body });
  /** Report both parties as arrived, without GPS. */
  seeOther = () => this.#queue('arrive', { body: { accuracy_m: 0, other: true, arrived_at: timeNow().toISOString() } });

  /** Hand in a weight, instead of one that waits or was refused. */
  async weighIn(body: WeighIn): Promise<boolean> {
    const replaced = this.kept.filter(({ path }) => path === this.#pathOf('weigh-in'));
    const handedIn = this.#queue('weigh-in', { body });
    for (const { id } of replaced) await outbox.sdk.discard(id);
    return handedIn;
  }

  /** Arrive by GPS. */
  async arrive(): Promise<boolean> {
    this.isBusy = true;
    const place = await readPlace();
    this.isBusy = false;
    if (!place) {
      toasts.show(t().noGps, { tone: 'bad' });
      return false;
    }
    const { lat, lon, accuracy } = place;
    const body = { lat, lon, accuracy_m: Math.round(accuracy), other: false, arrived_at: timeNow().toISOString() };
    return this.#queue('arrive', { body });
  }

  /** The resident's own figures, of the weigh-in that is shown. */
  dispute(figures: Pick<WeighIn, 'lines' | 'paid' | 'is_sure'>): Promise<boolean> {
    const body = { ...figures, weighed_at: this.match.value?.handover.weighed_at ?? undefined };
    return this.#do(api().POST('/api/v1/matches/{match_id}/handover/dispute', { ...this.#params(), body }));
  }

  /** Confirm one's own side of the weigh-in that is shown. */
  confirm(): Promise<boolean> {
    const body = { weighed_at: this.match.value?.handover.weighed_at ?? undefined };
    return this.#do(api().POST('/api/v1/matches/{match_id}/handover/confirm', { ...this.#params(), body }));
  }

  /** Confirm for both with the resident's code, typed now, for the weight that waits or is shown. */
  confirmByCode(code: string): Promise<boolean> {
    const body = { code, entered_at: timeNow().toISOString() };
    return this.#queue('confirm', { body, ...(this.keptWeighIn ? { after: this.keptWeighIn.key } : {}) });
  }

  /** Put a refused weight back into the form. A code that was given for it goes with it. */
  async takeBack(entry: OutboxEntry): Promise<void> {
    if (this.match.value === null) return;
    await keptForm(`weigh/${this.id}`).save(formOf(this.match.value, entry.body as Figures));
    await outbox.sdk.discard(entry.id);
    this.error = entry.refusal && new ApiError(entry.refusal);
  }

  /** The newest waiting entry of a step whose body `isMeant` accepts. */
  #keptAt<Body>(step: Step, isMeant: (body: Body) => boolean = () => true): OutboxEntry | undefined {
    const waiting = this.kept.filter(({ path, refusal }) => path === this.#pathOf(step) && refusal === null);
    return waiting.findLast(({ body }) => isMeant(body as Body));
  }

  #pathOf(step: Step): string {
    return `/api/v1/matches/${this.id}/${step === 'rating' ? step : `handover/${step}`}`;
  }

  /** Keep a step and send it. False when it was refused or could not be kept; true also while it waits for a signal. */
  async #queue(step: Step, request: { body?: unknown; form?: { photo: File }; after?: string }): Promise<boolean> {
    this.isBusy = true;
    this.error = null;
    try {
      const queued = await outbox.sdk.add({
        lane: this.#lane,
        method: 'POST',
        path: this.#pathOf(step),
        ...request,
      });
      const end = await outcomeSoon(queued);
      if (end === null) toasts.show(t().kept);
      if (end?.status !== 'refused') return true;
      await outbox.sdk.discard(end.entry.id);
      throw new ApiError(end.refusal);
    } catch (error) {
      this.error = error;
      showProblem(error);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  #hear(outcome: Outcome): void {
    const { entry, status } = outcome;
    if (entry.lane !== this.#lane) return;
    if (status === 'sent' && entry.path !== this.#pathOf('photos')) this.match.set(outcome.data as Match);
    // A photo has come, or the match has moved on without this phone.
    else if (status !== 'discarded') void this.match.load();
  }

  #params(): { params: { path: { match_id: string }; header: { 'Idempotency-Key': string } } } {
    return { params: { path: { match_id: this.id }, header: { 'Idempotency-Key': newId() } } };
  }

  /** Whether it succeeded; a refusal is shown, and the match read again because it may have moved on. */
  async #do(call: Promise<{ data?: Match }>): Promise<boolean> {
    this.isBusy = true;
    this.error = null;
    try {
      this.match.set(await dataOf(call));
      return true;
    } catch (error) {
      this.error = error;
      showProblem(error);
      if (error instanceof ApiError && error.status === 409) void this.match.load();
      return false;
    } finally {
      this.isBusy = false;
    }
  }
}
