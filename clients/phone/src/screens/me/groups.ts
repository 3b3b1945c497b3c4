/** Groups, and the sign of each kind. */
import type { Component } from 'svelte';
import Building2 from '@lucide/svelte/icons/building-2';
import BriefcaseBusiness from '@lucide/svelte/icons/briefcase-business';
import School from '@lucide/svelte/icons/school';
import UsersRound from '@lucide/svelte/icons/users-round';
import type { components } from '@tinder-for-trash/sdk';

export type GroupKind = components['schemas']['GroupKind'];

export const KINDS = ['building', 'school', 'office', 'other'] as const satisfies readonly GroupKind[];
export const ICONS: Record<GroupKind, Component<{ size?: number }>> = {
  building: Building2,
  school: School,
  office: BriefcaseBusiness,
  other: UsersRound,
};
