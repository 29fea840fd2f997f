/** Why a step of a ceremony does not go on: a closed code, what it is about, and one plain sentence. */

const SENTENCES = {
  plan_roles: () => 'A plan needs a focal point, and no two roles or seats with one name or one identifier.',
  plan_seat_role: (seat: string) => `The seat ${seat} is in a role that the plan does not list.`,
  plan_holders: (role: string) => `The role ${role} has no seat in force that may make its epochs.`,
  plan_dates: (what: string) => `The dates of ${what} are in the past or in the wrong order.`,
  plan_keys: (what: string) => `The keys of the ledger in the plan do not fit: ${what}.`,
  plan_seat_lost: (subject: string) =>
    `The KEYSET in force certifies ${subject}, and the plan has no such seat: mark a seat as revoked, never remove it.`,
  seat_unknown: (seat: string) => `The plan has no seat ${seat}.`,
  seat_not_in_force: (seat: string) => `The seat ${seat} is revoked, or this day is not within its dates.`,
  seat_may_not: (seat: string) => `The seat ${seat} may not make epochs: it lacks that capability.`,
  request_not_planned: (seat: string) =>
    `The certificate or request for ${seat} is not what the plan says: role, capabilities and dates must be equal.`,
  root_part_not_planned: () =>
    'The root part is not what the plan and the certificates say, not the next, or dated after today.',
  epochs_not_planned: (what: string) => `The EPOCHS part does not hold: ${what}.`,
  certificate_missing: (seat: string) => `The certificate of the seat ${seat} is not there.`,
  certificate_twice: (seat: string) => `The seat ${seat} has two certificates.`,
  signatures_short: (what: string) => `Too few root officers have signed ${what}; each counts once.`,
  signature_wrong: (what: string) => `A signature over ${what} was not made by the key it names.`,
  signer_unknown: (what: string) => `${what} is not a key that may sign this.`,
  key_missing: (what: string) => `There must be exactly one ${what} in the folder of the ceremony.`,
  secret_in_folder: (file: string) =>
    `${file} would hold a secret in the folder that is carried round; choose a path outside it.`,
  file_there: (file: string) => `${file} is there already and is not overwritten.`,
  file_malformed: (file: string) => `${file} is not a file of the kind that is needed here.`,
  fingerprint_differs: (file: string) =>
    `The fingerprint of ${file} is another one; nothing was signed or written. Find out why before going on.`,
  not_confirmed: (file: string) =>
    `What was typed is not the first group of the fingerprint; ${file} is not signed.`,
  words_not_repeated: () => 'The words typed back are not those shown; nothing was written, start again.',
  words_wrong: (what: string) => `The words do not open ${what}.`,
  directory_differs: (what: string) => `The directory does not hold together: ${what}.`,
} as const satisfies Readonly<Record<string, (about: string) => string>>;

export type CeremonyCode = keyof typeof SENTENCES;

export class CeremonyError extends Error {
  readonly code: CeremonyCode;

  /** @param about - the seat, role or file in question; never a secret. */
  constructor(code: CeremonyCode, about = '') {
    super(SENTENCES[code](about));
    this.name = 'CeremonyError';
    this.code = code;
  }
}
