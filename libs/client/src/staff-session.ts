/** A staff member at work: unlock secret, keyring, session, and the role seeds her certificate can open. */
import type { StaffActor } from '@app/casework';
import { type ApiClient, Unreachable } from '@app/api-client';
import type { CaseList, CaseListQuery, DeskHint, EpochBox } from '@app/contracts';
import { decodeWords, deriveVaultKeys, type Keyring, openKeyBox, openKeyring } from '@app/crypto/seal';
import { makeSigner, type Signer } from '@app/crypto/sign';
import { encodeSessionChallenge, type KeysetCertificate, TAG, usableCertificate } from '@app/crypto/verify';
import { type Bytes, bytesEqual, fromBase64, fromHex, type Instant, toBase64, toHex } from '@app/encoding';
import { refuse } from './deps.js';
import type { Service } from './service.js';
import { roleNews, type WatchAlarm } from './watch.js';

/** Renewed when it has less than this left. */
const SESSION_MARGIN_SECONDS = 30;

export type StaffSession = {
  /** Its API carries the session. */
  readonly service: Service;
  readonly certificate: KeysetCertificate;
  readonly actor: StaffActor;
  readonly signer: Signer;
  readonly keyring: Keyring;
  /** Seeds by role (hex) and epoch, as `role/epoch`. */
  readonly roleSeeds: ReadonlyMap<string, Bytes>;
  /**
   * Certificates and epochs of her own role that are not among the remembered ones: to be shown before anything else.
   * Undefined if nothing was remembered, so that nothing was compared.
   */
  readonly unannounced: readonly WatchAlarm[] | undefined;
};

/**
 * Opens a vault with its twelve words, then a session with the key inside.
 *
 * @param subject - identifier of the person, hex.
 * @param words - as one text.
 * @param remembered - hashes, hex, of the certificates and epochs of her role that she was told of.
 * @throws {ReceiptWordError} `word_unknown`. @throws {ParseError} `words_checksum`, `word_count`.
 * @throws {ApiProblem} `unauthorized` for another person's words.
 * @throws {OpenError} the vault does not open.
 * @throws {VerificationError} as `usableCertificate`; `certificate_unknown` if the keyring is not the certificate's.
 * @see libs/crypto SPEC.md §11.5
 */
export async function unlock(
  service: Service,
  subject: string,
  words: string,
  remembered?: ReadonlySet<string>,
): Promise<StaffSession> {
  const { authKey, vaultSeed } = deriveVaultKeys(decodeWords(words));
  const vault = await service.api.call('vault', { body: { subject, authKey: toBase64(authKey) } });
  const keyring = await openKeyring(
    service.deps.sealing,
    vaultSeed,
    fromBase64(vault.keyring, 'vault.keyring'),
  );
  return openSession(service, keyring, remembered);
}

/** Opens a session with a keyring at hand. Errors as `unlock`. */
export async function openSession(
  service: Service,
  keyring: Keyring,
  remembered?: ReadonlySet<string>,
): Promise<StaffSession> {
  const { deps, directory } = service;
  const certificate = usableCertificate(directory.keyset, keyring.certificateHash, deps.now());
  const signer = makeSigner(deps.signing, keyring.signingSeed);
  const role = directory.keyset.roles.find(({ id }) => bytesEqual(id, certificate.roleId));
  if (!bytesEqual(signer.publicKey, certificate.signingPublicKey) || role === undefined) {
    return refuse('role_missing');
  }
  const api = service.api.authorizedBy(sessionAuthorizer(service, signer, certificate.hash));
  const boxes = await allEpochBoxes(api);
  return {
    service: { ...service, api },
    certificate,
    actor: {
      kind: 'staff',
      roleId: toHex(role.id),
      roleKind: role.kind,
      caps: certificate.capabilities,
      certificate: toHex(certificate.hash),
    },
    signer,
    keyring,
    roleSeeds: await openEpochBoxes(service, keyring, boxes),
    unannounced: remembered && roleNews(directory.keyset, toHex(role.id), remembered),
  };
}

async function allEpochBoxes(api: ApiClient): Promise<EpochBox[]> {
  const boxes: EpochBox[] = [];
  for (let after: string | undefined; ;) {
    const page = await api.call('epochBoxes', { query: after === undefined ? {} : { after } });
    boxes.push(...page.boxes);
    if (page.next === null) return boxes;
    after = page.next;
  }
}

function sessionAuthorizer(
  { deps, api, directory }: Service,
  signer: Signer,
  certificateHash: Bytes,
): () => Promise<Readonly<Record<string, string>>> {
  let session: { readonly token: string; readonly expires: Instant } | undefined;
  return async () => {
    if (session === undefined || session.expires < deps.now() + SESSION_MARGIN_SECONDS) {
      const { nonce } = await api.call('challenge', {});
      const challenge = encodeSessionChallenge({
        origin: directory.keyset.origin,
        nonce: fromHex(nonce, 'challenge.nonce', 32),
        certificateHash,
      });
      const signature = toBase64(signer.sign(TAG.session, challenge));
      session = await api.call('openSession', {
        body: { certificateHash: toHex(certificateHash), nonce, signature },
      });
    }
    return { authorization: `Bearer ${session.token}` };
  };
}

/** Seeds of every role epoch in a box for this certificate; one the KEYSET lists must be that epoch's. */
async function openEpochBoxes(
  { deps, directory }: Service,
  keyring: Keyring,
  boxes: readonly EpochBox[],
): Promise<ReadonlyMap<string, Bytes>> {
  const seeds = new Map<string, Bytes>();
  for (const { roleId, epoch, seed } of keyring.roleSeeds) seeds.set(roleSeedKey(toHex(roleId), epoch), seed);
  for (const { role, epoch, box, certificateHash } of boxes) {
    if (certificateHash !== toHex(keyring.certificateHash)) continue;
    const opened = await openKeyBox(deps.sealing, keyring.kemSeed, fromBase64(box, 'epoch_box'), {
      purpose: 'staffHolder',
      scopeId: fromHex(role, 'epoch_box.role', 16),
      epoch,
    });
    const listed = directory.keyset.epochs.find((e) => toHex(e.roleId) === role && e.epoch === epoch);
    if (listed !== undefined && !bytesEqual(listed.kemPublicKey, opened.publicKey)) refuse('no_access');
    seeds.set(roleSeedKey(role, epoch), opened.seed);
  }
  return seeds;
}

export function roleSeedKey(role: string, epoch: number): string {
  return `${role}/${String(epoch)}`;
}

/** Cases of the member's role, what is due next first; `next` goes into the next call's `after`. */
export function listCases(
  { service }: StaffSession,
  after?: string,
  filter: Omit<CaseListQuery, 'after'> = {},
): Promise<CaseList> {
  return service.api.call('cases', { query: { ...filter, ...(after !== undefined && { after }) } });
}

const LISTEN_AGAIN_MS = 3_000;

/**
 * Hints of what happens at the desk, for as long as the caller listens: a broken stream is taken up again, in a new
 * session where the old one is over. Hints may come twice.
 * @throws {ApiProblem} as any call, `unauthorized` once the certificate is no longer in force.
 */
export async function* deskHints({ service }: StaffSession): AsyncGenerator<DeskHint, void> {
  for (let last: string | undefined; ;) {
    try {
      for await (const hint of service.api.hints(last)) {
        last = hint.kind === 'case' ? hint.id : last;
        yield hint;
      }
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    await service.deps.sleep(LISTEN_AGAIN_MS);
  }
}

/** Ends the session at the service. */
export async function closeSession({ service }: StaffSession): Promise<void> {
  await service.api.call('closeSession', {});
}
