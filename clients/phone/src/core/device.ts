/** What this phone is called in the list of devices. */

const BROWSERS: [RegExp, string][] = [
  [/\bLine\//, 'LINE'],
  [/\bEdg/, 'Edge'],
  [/\bSamsungBrowser/, 'Samsung Internet'],
  [/\bFirefox|\bFxiOS/, 'Firefox'],
  [/\bChrome|\bCriOS/, 'Chrome'],
  [/\bSafari/, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/\biPhone/, 'iPhone'],
  [/\biPad/, 'iPad'],
  [/\bAndroid/, 'Android'],
  [/\bWindows/, 'Windows'],
  [/\bMac OS/, 'Mac'],
  [/\bCrOS/, 'Chromebook'],
  [/\bLinux/, 'Linux'],
];

/** `Chrome, Android`: as much as the browser says; empty when it says nothing we know. */
export function deviceName(agent = navigator.userAgent): string {
  return [BROWSERS, SYSTEMS].flatMap((names) => names.find(([sign]) => sign.test(agent))?.[1] ?? []).join(', ');
}
