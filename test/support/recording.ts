/** A member's session whose requests are kept as they went out, to be sent again or changed. */
import { type Fetch, makeApiClient } from '@app/api-client';
import { connect, openSession, type StaffSession } from '@app/client';
import type { OfficeStage } from './office-stage.js';

export type Sent = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** The body of the answer. */
  readonly answer: string;
};

export type Recording = {
  readonly session: StaffSession;
  readonly sent: Sent[];
  /** The last request to a path that ends so. */
  last(ending: string): Sent;
};

/** @param copies - how often each act goes out, all at once; each is kept. */
export async function recordedSession(office: OfficeStage, name: string, copies = 1): Promise<Recording> {
  const sent: Sent[] = [];
  const record: Fetch = async (url, init) => {
    const { method, headers, body } = init;
    const times = url.endsWith('/acts') ? copies : 1;
    const answers = await Promise.all(Array.from({ length: times }, () => fetch(url, init)));
    for (const answer of answers) {
      const text = await answer.clone().text();
      sent.push({ url, method, headers, ...(body && { body }), answer: text });
    }
    return answers[0]!;
  };
  const member = office.ledger.organisation.made.staff.find((staff) => staff.name === name)!;
  const api = makeApiClient({ baseUrl: office.api('staff').baseUrl, fetch: record });
  const session = await openSession(await connect(office.deps, api, office.trust), member.keyring);
  return {
    session,
    sent,
    last: (ending) => sent.findLast(({ url }) => new URL(url).pathname.endsWith(ending))!,
  };
}

/** Sends a request again, with other headers or another body where they are given. */
export async function sendAgain(
  { url, method, headers, body }: Sent,
  changed: { readonly headers?: Readonly<Record<string, string | undefined>>; readonly body?: string } = {},
): Promise<{
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly code?: string;
}> {
  const all = Object.entries({ ...headers, ...changed.headers }).filter(([, value]) => value !== undefined);
  const answer = await fetch(url, {
    method,
    headers: all as [string, string][],
    ...((changed.body ?? body) !== undefined && { body: changed.body ?? body! }),
  });
  const text = await answer.text();
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined;
  return { status: answer.status, text, headers: answer.headers, ...(code !== undefined && { code }) };
}
