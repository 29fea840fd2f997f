/**
 * What a notice says: always the same, in always the same number of bytes. Whoever watches the wire or the mailbox
 * learns the times that are configured, and nothing else.
 */
import { hmacSha256, sha256 } from '@app/crypto/verify';
import { encodeUtf8, type Instant, toBase64, toHex } from '@app/encoding';

const TEXT = 'Open Safe Conduct to see whether something waits for you.';
const LINES = [
  TEXT,
  '',
  'This notice comes at the same times every day, whether or not there is news, and',
  'always says the same. It never speaks of a case. Do not answer it.',
];

/** Of a whole message, headers included, whatever the addresses. */
export const MAIL_BYTES = 1_408;

/** The message of one slot to one address; made again, it is the same. @param id - of the recipient. */
export function mailOf(id: string, from: string, to: string, slot: Instant): Uint8Array {
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const headers = [
    `From: Safe Conduct <${from}>`,
    `To: ${to}`,
    'Subject: Safe Conduct',
    `Date: ${new Date(slot * 1000).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${noticeId(id, slot)}@${domain}>`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
  ];
  const message = (padding: string): Uint8Array =>
    encodeUtf8([...headers, `X-Padding: ${padding}`, '', ...LINES, ''].join('\r\n'));
  return message('.'.repeat(MAIL_BYTES - message('').length));
}

export type WebhookRequest = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** A request as Standard Webhooks has it, signed so that the receiver can tell it is ours, and drop a repeat. */
export function webhookOf(id: string, secret: Uint8Array, slot: Instant, now: Instant): WebhookRequest {
  const body = JSON.stringify({
    type: 'notice',
    timestamp: new Date(slot * 1000).toISOString(),
    data: { text: TEXT },
  });
  const messageId = `msg_${noticeId(id, slot)}`;
  const signature = hmacSha256(secret, encodeUtf8(`${messageId}.${String(now)}.${body}`));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'webhook-id': messageId,
      'webhook-timestamp': String(now),
      'webhook-signature': `v1,${toBase64(signature)}`,
    },
  };
}

function noticeId(recipient: string, slot: Instant): string {
  return toHex(sha256(encodeUtf8(`${recipient} ${String(slot)}`)).subarray(0, 16));
}
