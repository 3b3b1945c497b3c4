/** Whether the phone has a network, as far as the browser knows. */
class Online {
  now = $state(navigator.onLine);

  constructor() {
    window.addEventListener('online', () => (this.now = true));
    window.addEventListener('offline', () => (this.now = false));
  }
}

export const online = new Online();
