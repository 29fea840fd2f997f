/** What the page and its worker say to each other. Keys, proofs and the code itself never leave the worker unasked. */

/** A number of seconds since 1970. */
export type Seconds = number;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Whom a report is sealed to, as the verified directory says. */
export type Office = {
  readonly organisation: string;
  readonly recipient: string;
  /** Who gets a held-back copy if consent K3 is given; absent if there is no such office. */
  readonly escalation?: string;
  readonly isStale: boolean;
  readonly witnesses: number;
  readonly witnessedAt: Seconds;
  /** Of the key directory, in groups, to compare with print. */
  readonly fingerprint: string;
};

/** The secret that opens the mailbox or a draft, in every form it can be written down. */
export type ShownCode = {
  /** Absent in languages that have no word list. */
  readonly words?: readonly string[];
  /** 40 digits in groups of five. */
  readonly digits: string;
};

/** That the report is recorded, as far as it was checked. */
export type Recorded = {
  readonly recordedAt: Seconds;
  readonly promisedBy: Seconds;
  readonly witnesses: number;
  readonly witnessedAt: Seconds;
  /** Until when somebody must acknowledge it, if the policy has a target. */
  readonly acknowledgeBy?: Seconds;
  /** A `.tlog-proof` with its entry. */
  readonly proof: string;
};

export type Clock = {
  readonly id: string;
  readonly dueAt?: Seconds;
  readonly stoppedAt?: Seconds;
  readonly lapsedAt?: Seconds;
  readonly isOnTime?: boolean;
};

export type Letter = {
  readonly from: 'reporter' | 'staff';
  readonly kind: 'message' | 'dispute' | 'note' | 'handover';
  readonly text: string;
  readonly at: Seconds;
  readonly eventNumber: number;
  readonly about?: number;
  /** When the witnesses saw it; absent while they have not, and for her own. */
  readonly witnessedAt?: Seconds;
};

/** A case as the holder of a code sees it; everything in it was checked. */
export type MailboxData = {
  readonly status: string;
  readonly waitingFor?: 'information' | 'consent';
  readonly askedScope?: string;
  readonly clocks: readonly Clock[];
  readonly letters: readonly Letter[];
  /** One code for each scope, of the row that is hers. */
  readonly consents: Readonly<Record<string, string>>;
  /** Whether the holder of this code may answer for the row. */
  readonly canConsent: boolean;
  /** When the state shown was signed. */
  readonly signedAt: Seconds;
};

export type Problem = { readonly path: string; readonly code: string };

/** Every question to the worker, and its answer. */
export type Calls = {
  connect: { ask: { acceptStale: boolean }; answer: Office };
  seal: {
    ask: { report: Json; language: string };
    answer:
      | { readonly problems: readonly Problem[] }
      | { readonly code: ShownCode; readonly to: readonly string[] };
  };
  send: { ask: null; answer: Recorded };
  open: { ask: { code: string }; answer: MailboxData };
  reply: { ask: { text: string }; answer: MailboxData };
  judge: { ask: { eventNumber: number; isSo: boolean; text: string }; answer: MailboxData };
  consent: { ask: { scope: string; code: string; isUnderstood: boolean }; answer: MailboxData };
  sealDraft: {
    ask: { draft: Json; language: string };
    answer: { code: ShownCode; file: Uint8Array<ArrayBuffer> };
  };
  openDraft: { ask: { code: string; file: Uint8Array<ArrayBuffer> }; answer: { draft: Json } };
};
export type Op = keyof Calls;

/** Why something could not be done: a code, and for a mistyped word where it is. */
export type Failed = {
  readonly code: string;
  readonly position?: number;
  readonly nearest?: string;
};

export type Question = {
  [O in Op]: { readonly id: number; readonly op: O; readonly ask: Calls[O]['ask'] };
}[Op];
export type Reply =
  | { readonly id: number; readonly answer: Calls[Op]['answer'] }
  | { readonly id: number; readonly failed: Failed };
