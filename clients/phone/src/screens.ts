/**
 * The component of each screen. Every name of `routes.ts` has one. The screens that people see first come with the
 * app, because asking for them costs a slow network more than their bytes; others are loaded when they are shown first.
 */
import type { Component } from 'svelte';
import type { RouteName } from './routes';
import Deck from './screens/deck/Deck.svelte';
import Home from './screens/home/Home.svelte';
import Welcome from './screens/welcome/Welcome.svelte';

/** The parameters of its path, such as `id`. Other parameters make a new screen. */
export type ScreenProps = Record<string, string>;
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loader = () => Promise<{ default: Component<any> }>;

export const SCREENS: Record<RouteName, Loader> = {
  home: () => Promise.resolve({ default: Home }),
  welcome: () => Promise.resolve({ default: Welcome }),
  give: () => import('./screens/give/Give.svelte'),
  pickups: () => import('./screens/pickups/Pickups.svelte'),
  pickup: () => import('./screens/pickups/Pickup.svelte'),
  pickupLikes: () => import('./screens/pickups/Likes.svelte'),
  deck: () => Promise.resolve({ default: Deck }),
  likes: () => import('./screens/likes/Likes.svelte'),
  matches: () => import('./screens/matches/Matches.svelte'),
  match: () => import('./screens/match/Match.svelte'),
  conversations: () => import('./screens/conversations/Conversations.svelte'),
  conversation: () => import('./screens/conversation/Conversation.svelte'),
  dropOff: () => import('./screens/drop_off/DropOff.svelte'),
  inbox: () => import('./screens/inbox/Inbox.svelte'),
  receipt: () => import('./screens/receipt/Receipt.svelte'),
  me: () => import('./screens/me/Me.svelte'),
  meProfile: () => import('./screens/me/Profile.svelte'),
  meCollector: () => import('./screens/me/Collector.svelte'),
  meNotifications: () => import('./screens/me/Notifications.svelte'),
  meImpact: () => import('./screens/me/Impact.svelte'),
  meGroups: () => import('./screens/me/Groups.svelte'),
  meGroup: () => import('./screens/me/Group.svelte'),
  meDevices: () => import('./screens/me/Devices.svelte'),
  meIdentities: () => import('./screens/me/Identities.svelte'),
  mePrivacy: () => import('./screens/me/Privacy.svelte'),
  meBlocked: () => import('./screens/me/Blocked.svelte'),
  meActs: () => import('./screens/me/Acts.svelte'),
};
