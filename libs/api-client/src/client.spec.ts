import { describe, expect, it } from '@jest/globals';
import { encodeUtf8 } from '@app/encoding';
import { problemType } from '@app/contracts';
import { type ApiClient, ApiProblem, type Fetch, makeApiClient, MAX_ATTEMPTS, Unreachable } from './index.js';

type Sent = { url: string; method: string; headers: { nonce?: string }; body?: Uint8Array };

const ID = 'ab'.repeat(16);

/** Answers one request after the other; the last answer stands for all that follow. */
function server(...answers: (Response | Error)[]) {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const fetch: Fetch = (url, init) => {
    sent.push({ url, method: init.method, headers: init.headers, ...(init.body && { body: init.body }) });
    const answer = answers[Math.min(sent.length, answers.length) - 1];
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve((answer as Response).clone());
  };
  const sleep = (ms: number) => {
    slept.push(ms);
    return Promise.resolve();
  };
  return { sent, slept, fetch, client: makeApiClient({ baseUrl: 'http://h:1', fetch, sleep }) };
}

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status });
const problem = (code: Parameters<typeof problemType>[0], status: number) =>
  json({ type: problemType(code), title: 't', status }, status);

const codeOf = async (promise: Promise<unknown>) =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error as { code: string }).code,
  );

describe('the typed client', () => {
  it('builds the path and the query, and strips what the contract does not list', async () => {
    const { sent, client } = server(json({ cases: [], next: null, anyQuarantined: false, extra: 1 }));
    const session = client.authorizedBy(() => Promise.resolve({ authorization: 'Bearer x' }));
    expect(await session.call('cases', { query: { after: ID, limit: 5 } })).toEqual({
      cases: [],
      next: null,
      anyQuarantined: false,
    });
    expect(sent).toEqual([
      {
        url: `http://h:1/v1/cases?after=${ID}&limit=5`,
        method: 'GET',
        headers: { authorization: 'Bearer x' },
      },
    ]);
  });

  it('sends JSON and bytes as they are signed', async () => {
    const { sent, client } = server(new Response(null, { status: 204 }));
    const seen: unknown[] = [];
    const signed = client.authorizedBy((request) => {
      seen.push(request.body);
      return Promise.resolve({ 'x-sig': '1' });
    });
    const body = encodeUtf8('part');
    await signed.call('putPart', { params: { blob: ID, part: 3 }, body });
    expect(seen).toEqual([body]);
    expect(sent[0]).toEqual({
      url: `http://h:1/v1/blobs/${ID}/parts/3`,
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'x-sig': '1' },
      body,
    });
  });

  it.each([
    ['a problem', problem('consent_missing', 409), 'consent_missing'],
    ['a problem nobody defined', json({ type: 'urn:other' }, 418), 'internal'],
    ['an error page', new Response('<html>', { status: 502 }), 'internal'],
    ['another shape', json({ nonces: 'none' }), 'bad_answer'],
    ['no JSON', new Response('<html>'), 'bad_answer'],
    ['a broken connection', new TypeError('fetch failed'), 'unreachable'],
  ])('turns %s into a code', async (_, answer, code) => {
    expect(await codeOf(server(answer).client.call('nonces', { body: { count: 1 } }))).toBe(code);
  });

  it('keeps the status of a problem', async () => {
    const { client } = server(problem('not_found', 404));
    const error: unknown = await client.readFile('tile/0/000').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ code: 'not_found', status: 404 });
  });

  it('stops reading an answer that is too large', async () => {
    const { client } = server(new Response(new Uint8Array(8_388_609)));
    expect(await codeOf(client.call('keyset', {}))).toBe('answer_too_large');
  });

  it('tries idempotent calls again, each time with a new authorisation, and then gives up', async () => {
    const { sent, slept, client } = server(problem('unavailable', 503));
    let n = 0;
    const signed = client.authorizedBy(() => Promise.resolve({ nonce: String(n++) }));
    expect(await codeOf(signed.call('blobStatus', { params: { blob: ID } }))).toBe('unavailable');
    expect(sent.map((s) => s.headers.nonce)).toEqual(['0', '1', '2', '3', '4']);
    expect(sent).toHaveLength(MAX_ATTEMPTS);
    expect(slept).toEqual([200, 400, 800, 1600]);
  });

  it('recovers from a lost connection', async () => {
    const { client } = server(new TypeError('reset'), json({ nonces: [ID], expires: 5, work: 0 }));
    const answer = await client.call('nonces', { body: { count: 1 } });
    expect(answer).toEqual({ nonces: [ID], expires: 5, work: 0 });
  });

  it('never repeats what has no key and no content to be known by, but does after an expired nonce', async () => {
    const hash = ID + ID;
    const body = { certificateHash: hash, nonce: hash, deviceKey: hash, signature: 'A'.repeat(88) };
    const lost = server(new TypeError('reset'));
    const act = (client: ApiClient) => client.call('openSession', { body });
    await expect(act(lost.client)).rejects.toBeInstanceOf(Unreachable);
    expect(lost.sent).toHaveLength(1);
    const closing = lost.client.authorizedBy(() => Promise.resolve({})).call('closeSession', {});
    await expect(closing).rejects.toBeInstanceOf(Unreachable);
    expect(lost.sent).toHaveLength(2);
    const late = server(problem('nonce_expired', 401), problem('not_allowed_now', 409));
    expect(await codeOf(act(late.client))).toBe('not_allowed_now');
    expect(late.sent).toHaveLength(2);
  });

  it('repeats an act whose fate is unknown under the key that it was given', async () => {
    const { sent, client } = server(new TypeError('reset'), problem('case_moved', 412));
    const act = client
      .authorizedBy(() => Promise.resolve({}))
      .call('caseAct', {
        params: { case: ID },
        idempotencyKey: ID,
        ifMatch: '"1"',
        body: { act: { kind: 'accept' }, statement: 'AAAA', signature: 'A'.repeat(88) },
      });
    expect(await codeOf(act)).toBe('case_moved');
    const headers = { 'content-type': 'application/json', 'idempotency-key': `"${ID}"`, 'if-match': '"1"' };
    expect(sent.map((one) => one.headers)).toEqual([headers, headers]);
  });

  it('asks once for a fresh session where an act needs one', async () => {
    const { sent, client } = server(problem('step_up_required', 401), new Response(null, { status: 204 }));
    const seen: unknown[] = [];
    const desk = (api: ApiClient) =>
      api.authorizedBy((_request, _auth, refusedFor) =>
        Promise.resolve(void seen.push(refusedFor)).then(() => ({})),
      );
    const change = { body: { keyring: 'AAAA', unlockers: 'AAAA' } };
    await desk(client).call('changeVault', change);
    expect([seen, sent.length]).toEqual([[undefined, 'step_up_required'], 2]);
    const stubborn = server(problem('step_up_required', 401));
    expect(await codeOf(desk(stubborn.client).call('changeVault', change))).toBe('step_up_required');
    expect(stubborn.sent).toHaveLength(2);
  });

  it('asks whether something changed, and takes no for an answer', async () => {
    const { sent, client } = server(new Response(null, { status: 304 }));
    const desk = client.authorizedBy(() => Promise.resolve({}));
    expect(await desk.callIfChanged('caseFile', { params: { case: ID } }, '"1"')).toBeUndefined();
    expect(sent[0]?.headers).toEqual({ 'if-none-match': '"1"' });
  });

  it.each(['http://h/path', 'h:1', 'http://h/'])('refuses %s as an origin', (baseUrl) => {
    expect(() => makeApiClient({ baseUrl })).toThrow('base url is not an origin');
  });

  it('reaches a service below a path, of which no signature knows', async () => {
    const { sent, fetch } = server(json({ cases: [], next: null, anyQuarantined: false }));
    const signed: string[] = [];
    const client = makeApiClient({
      baseUrl: 'http://h:1',
      prefix: '/a/b',
      fetch,
      authorize: ({ pathWithQuery }) => Promise.resolve(void signed.push(pathWithQuery)).then(() => ({})),
    });
    await client.call('cases', { query: { limit: 5 } });
    expect(sent[0]?.url).toBe('http://h:1/a/b/v1/cases?limit=5');
    expect(signed).toEqual(['/v1/cases?limit=5']);
  });

  it.each(['a', '/', '/a/', '/a?b', '/a#b', '/a//b', '/a b'])('refuses %s as a prefix', (prefix) => {
    expect(() => makeApiClient({ baseUrl: 'http://h:1', prefix })).toThrow('prefix is not a path');
  });
});
