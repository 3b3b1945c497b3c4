/** What waits for the person: unread messages and unread entries of the inbox, as the tabs show them. */
class Counts {
  messages = $state(0);
  inbox = $state(0);
}

export const counts = new Counts();
