/** A list that the service returns in pages, as far as it was read. */
import { showProblem } from './problems';
import { Resource } from './resource.svelte';

export interface Page<Row> {
  results: Row[];
  next?: string | null;
}

/** The query of a `GET` of a list. */
export interface PageQuery {
  limit: number;
  cursor?: string;
}

const LIMIT = 30;

export class Pages<Row> extends Resource<Page<Row>> {
  isReadingMore = $state(false);
  readonly #read: (query: PageQuery) => Promise<Page<Row>>;

  /** `key` as of a {@link Resource}. */
  constructor(key: string, read: (query: PageQuery) => Promise<Page<Row>>) {
    super(key, () => read({ limit: LIMIT }));
    this.#read = read;
  }

  /** Add the next page. */
  async readMore(): Promise<void> {
    const cursor = this.value?.next && new URL(this.value.next, window.location.href).searchParams.get('cursor');
    if (!cursor) return;
    this.isReadingMore = true;
    try {
      const more = await this.#read({ limit: LIMIT, cursor });
      this.set({ ...more, results: [...(this.value?.results ?? []), ...more.results] });
    } catch (error) {
      showProblem(error);
    } finally {
      this.isReadingMore = false;
    }
  }
}
