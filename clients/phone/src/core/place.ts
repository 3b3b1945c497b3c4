/** Where this phone is. */

export interface Place {
  lat: number;
  lon: number;
  /** Metres. */
  accuracy: number;
}

const PATIENCE_MS = 12_000;

/** The place by GPS; null when the person or the phone refuses, or does not know in time. */
export function readPlace(): Promise<Place | null> {
  if (!('geolocation' in navigator)) return Promise.resolve(null);
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lat: coords.latitude, lon: coords.longitude, accuracy: coords.accuracy }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: PATIENCE_MS, maximumAge: 30_000 },
    );
  });
}
