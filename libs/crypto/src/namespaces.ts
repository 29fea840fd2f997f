/** The closed registry of domain separation strings; a string listed here is used nowhere else (SPEC.md §2). */

/** Signature tags (SPEC.md §2.1). */
export const TAG = {
  rootset: 'safe-conduct/rootset/1',
  certificate: 'safe-conduct/cert/1',
  keyset: 'safe-conduct/keyset/1',
  roleEpoch: 'safe-conduct/epoch/1',
  epochs: 'safe-conduct/epochs/1',
  mailbox: 'safe-conduct/mailbox/1',
  object: 'safe-conduct/object/1',
  grant: 'safe-conduct/grant/1',
  act: 'safe-conduct/act/1',
  /** A second officer's signature over a colleague's statement. */
  second: 'safe-conduct/second/1',
  promise: 'safe-conduct/ssp/1',
  mailboxState: 'safe-conduct/mailbox-state/1',
  session: 'safe-conduct/session/1',
  /** One request of a session, by the key of the device it was opened on. */
  request: 'safe-conduct/request/1',
  unlockers: 'safe-conduct/unlockers/1',
  release: 'safe-conduct/release/1',
} as const;

/** One of the registered signature tags. */
export type Tag = (typeof TAG)[keyof typeof TAG];

/** Commitment labels and key derivation salts (SPEC.md §2.2). */
export const LABEL = {
  event: 'safe-conduct/event/1',
  payload: 'safe-conduct/payload/1',
  reporter: 'safe-conduct/reporter/1',
  vault: 'safe-conduct/vault/1',
  password: 'safe-conduct/password/1',
  passkey: 'safe-conduct/passkey/1',
  factor: 'safe-conduct/factor/1',
  work: 'safe-conduct/effort/1',
} as const;
