/** The time of the service, because clocks of phones are wrong. Until it is known, that of this phone. */
let read = (): Date => new Date();

export function timeNow(): Date {
  return read();
}

/** Read the time here from now on. */
export function setClock(clock: { now: () => Date }): void {
  read = () => clock.now();
}
