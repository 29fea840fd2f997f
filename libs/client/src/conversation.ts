/** What was said in a case, and the files that came with it. */
import type { FollowUp } from '@app/casework';
import type { KeysetCertificate } from '@app/crypto/verify';
import type { Instant } from '@app/encoding';
import type { Entry } from './contents.js';
import { type AttachedBlob, parseAttachmentIndex, parseText } from './envelope.js';

/** One line of the conversation. */
export type Message = {
  readonly from: 'reporter' | 'staff';
  readonly kind: 'message' | 'dispute' | 'note' | 'handover';
  readonly text: string;
  /** The event it confirms or disputes, if any. */
  readonly about?: number;
  readonly eventNumber: number;
  readonly at: Instant;
  readonly blobs: readonly AttachedBlob[];
  /** What the reporter adds to her report, or corrects in it. */
  readonly followUp?: FollowUp;
  readonly certificate?: KeysetCertificate;
};

/** Messages, notes and disputes, oldest first. */
export function conversationOf(entries: readonly Entry[]): Message[] {
  return entries.flatMap(({ object, event, certificate }): Message[] => {
    const { kind, author } = object;
    if (kind !== 'message' && kind !== 'dispute' && kind !== 'note' && kind !== 'handover') return [];
    const { text, event: about, blobs = [], followUp, code } = parseText(object.body);
    if (code !== undefined && text === '') return [];
    return [
      {
        from: author,
        kind,
        text,
        ...(about !== undefined && { about }),
        eventNumber: event.opening.eventNumber,
        at: event.opening.serverTime,
        blobs,
        ...(followUp !== undefined && author === 'reporter' && { followUp }),
        ...(certificate && { certificate }),
      },
    ];
  });
}

/** Every attachment a signed object of this case names, with the compartment its key is in. */
export type Attachment = AttachedBlob & { readonly compartment: number; readonly epoch: number };

export function attachmentsOf(entries: readonly Entry[]): Attachment[] {
  return entries.flatMap(({ object, compartment, epoch }) => {
    const blobs =
      object.kind === 'attachment_index'
        ? parseAttachmentIndex(object.body).blobs
        : object.kind === 'message'
          ? (parseText(object.body).blobs ?? [])
          : [];
    return blobs.map((blob) => ({ ...blob, compartment, epoch }));
  });
}
