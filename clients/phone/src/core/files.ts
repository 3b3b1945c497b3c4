/** Files of the service that need the session, such as a receipt's PDF or an appointment for the calendar. */
import { showProblem } from './problems';
import { session } from './session.svelte';
import { ApiError } from '@tinder-for-trash/sdk';

/** Fetch a file and hand it to the phone under a name. A failure is shown. */
export async function saveFile(path: string, name: string): Promise<void> {
  try {
    const response = await fetch(path, {
      headers: { Authorization: `Bearer ${session.sdk.token ?? ''}`, 'Accept-Language': session.sdk.language ?? '' },
    });
    if (!response.ok)
      throw new ApiError({ code: 'unavailable', status: response.status, message: response.statusText });
    const url = URL.createObjectURL(await response.blob());
    const link = Object.assign(document.createElement('a'), { href: url, download: name });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch (error) {
    showProblem(
      error instanceof ApiError ? error : new ApiError({ code: 'network', status: 0, message: '', cause: error }),
    );
  }
}
