/** The tab that was open last, where the app starts the next time. */
import { TABS, type Tab } from '../routes';

const KEY = 'tab';

export function lastTab(): Tab {
  return TABS.find((tab) => tab === localStorage.getItem(KEY)) ?? 'deck';
}

export function rememberTab(tab: Tab): void {
  localStorage.setItem(KEY, tab);
}
