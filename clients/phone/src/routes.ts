/**
 * Every path of the app, and nothing else. The links of pushes, LINE messages, mails and calendar files lead here
 * (`notifications/kinds.py`), and Django serves the app for these paths (`backend/core/http/phone.py`).
 */
export const ROUTES = {
  home: '/',
  welcome: '/welcome',
  give: '/give',
  pickups: '/pickups',
  pickup: '/pickups/:id',
  pickupLikes: '/pickups/:id/likes',
  deck: '/deck',
  likes: '/likes',
  matches: '/matches',
  match: '/matches/:id',
  conversations: '/conversations',
  conversation: '/conversations/:id',
  inbox: '/inbox',
  dropOff: '/drop-off',
  receipt: '/receipts/:id',
  me: '/me',
  meProfile: '/me/profile',
  meCollector: '/me/collector',
  meNotifications: '/me/notifications',
  meImpact: '/me/impact',
  meGroups: '/me/groups',
  meGroup: '/me/groups/:id',
  meDevices: '/me/devices',
  meIdentities: '/me/identities',
  mePrivacy: '/me/privacy',
  meBlocked: '/me/blocked',
  meActs: '/me/acts',
} as const;

export type RouteName = keyof typeof ROUTES;

type Parameters<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { [Key in Name | keyof Parameters<`/${Rest}`>]: string }
  : Path extends `${string}:${infer Name}`
    ? { [Key in Name]: string }
    : Record<never, string>;

type Arguments<Name extends RouteName> = keyof Parameters<(typeof ROUTES)[Name]> extends never
  ? []
  : [Parameters<(typeof ROUTES)[Name]>];

/** The path of a screen, such as `pathTo("match", { id })`. */
export function pathTo<Name extends RouteName>(name: Name, ...[parameters]: Arguments<Name>): string {
  const values: Record<string, string> = parameters ?? {};
  return ROUTES[name].replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(values[key] ?? ''));
}

/** Screens that need no session. */
export const PUBLIC_ROUTES: ReadonlySet<RouteName> = new Set(['home', 'welcome', 'dropOff']);

/** The tab of the bottom navigation that a screen belongs to. */
export const TABS = ['pickups', 'deck', 'conversations', 'inbox', 'me'] as const satisfies readonly RouteName[];
export type Tab = (typeof TABS)[number];

export const TAB_OF: Record<RouteName, Tab | null> = {
  home: null,
  welcome: null,
  give: 'pickups',
  pickups: 'pickups',
  pickup: 'pickups',
  pickupLikes: 'pickups',
  deck: 'deck',
  likes: 'deck',
  matches: 'deck',
  match: 'deck',
  conversations: 'conversations',
  conversation: 'conversations',
  inbox: 'inbox',
  dropOff: 'pickups',
  receipt: 'me',
  me: 'me',
  meProfile: 'me',
  meCollector: 'me',
  meNotifications: 'me',
  meImpact: 'me',
  meGroups: 'me',
  meGroup: 'me',
  meDevices: 'me',
  meIdentities: 'me',
  mePrivacy: 'me',
  meBlocked: 'me',
  meActs: 'me',
};
