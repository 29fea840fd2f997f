/** A member's session whose requests are kept as they went out, to be sent again or changed. */
import { type ApiClient, type Authorize, type Fetch, makeApiClient } from '@app/api-client';
import { connect, type StaffSession, unlock } from '@app/client';
import type { OfficeStage } from './office-stage.js';

export type Sent = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** The body of the answer. */
  readonly answer: string;
  /** Signs a request as the session that this one was of. */
  readonly sign: Authorize;
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
  let authorize: Authorize = () => Promise.resolve({});
  const sign: Authorize = (...request) => authorize(...request);
  const record: Fetch = async (url, init) => {
    const { method, headers, body } = init;
    const times = url.endsWith('/acts') ? copies : 1;
    const answers = await Promise.all(Array.from({ length: times }, () => fetch(url, init)));
    for (const answer of answers) {
      const text = await answer.clone().text();
      sent.push({ url, method, headers, ...(body && { body }), answer: text, sign });
    }
    return answers[0]!;
  };
  const member = office.ledger.organisation.made.staff.find((staff) => staff.name === name)!;
  const made = makeApiClient({ baseUrl: office.api('staff').baseUrl, fetch: record });
  const api: ApiClient = {
    ...made,
    authorizedBy: (by) => {
      authorize = by;
      return made.authorizedBy(by);
    },
  };
  const service = await connect(office.deps, api, office.trust);
  const session = await unlock(service, member.subject, member.words.join(' '));
  return {
    session,
    sent,
    last: (ending) => sent.findLast(({ url }) => new URL(url).pathname.endsWith(ending))!,
  };
}

/** Sends a request again, signed anew, with other headers or another body where they are given. */
export async function sendAgain(
  { url, method, headers, body, sign }: Sent,
  changed: { readonly headers?: Readonly<Record<string, string | undefined>>; readonly body?: string } = {},
): Promise<{
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly code?: string;
}> {
  const { pathname, search } = new URL(url);
  const sentBody = changed.body === undefined ? body : new TextEncoder().encode(changed.body);
  const request = {
    method,
    pathWithQuery: pathname + search,
    headers: {},
    ...(sentBody && { body: sentBody }),
  };
  const proof = 'authorization' in headers ? await sign(request, 'session') : {};
  const all = Object.entries({ ...headers, ...proof, ...changed.headers }).filter(
    ([, value]) => value !== undefined,
  );
  const answer = await fetch(url, {
    method,
    headers: all as [string, string][],
    ...(sentBody && { body: sentBody }),
  });
  const text = await answer.text();
  const isProblem = answer.headers.get('content-type') === 'application/problem+json';
  const code = isProblem ? (JSON.parse(text) as { code: string }).code : undefined;
  return { status: answer.status, text, headers: answer.headers, ...(code !== undefined && { code }) };
}
