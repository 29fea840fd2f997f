/** A staff member at work: what opens her vault, keyring, session, and the role seeds her certificate can open. */
import type { StaffActor } from '@app/casework';
import { type ApiClient, Unreachable } from '@app/api-client';
import type { CaseList, CaseListQuery, DeskHint, EpochBox, SessionList } from '@app/contracts';
import { decodeWords, deriveVaultKeys, type Keyring, openKeyBox } from '@app/crypto/seal';
import { makeSigner, type Signer } from '@app/crypto/sign';
import { type KeysetCertificate, usableCertificate } from '@app/crypto/verify';
import { type Bytes, bytesEqual, fromBase64, fromHex, toHex } from '@app/encoding';
import { refuse } from './deps.js';
import type { Service } from './service.js';
import { sessionAuthorizer } from './session-proof.js';
import { type Opener, openStoredVault, type StaffVaultState } from './vault.js';
import { roleNews, type WatchAlarm } from './watch.js';

export type StaffSession = {
  /** Its API carries the session. */
  readonly service: Service;
  readonly certificate: KeysetCertificate;
  readonly actor: StaffActor;
  readonly signer: Signer;
  readonly keyring: Keyring;
  readonly vault: StaffVaultState;
  /** Seeds by role (hex) and epoch, as `role/epoch`. */
  readonly roleSeeds: ReadonlyMap<string, Bytes>;
  /**
   * Certificates and epochs of her own role that are not among the remembered ones: to be shown before anything else.
   * Undefined if nothing was remembered, so that nothing was compared.
   */
  readonly unannounced: readonly WatchAlarm[] | undefined;
};

/** The twelve words, as one text. @throws as `decodeWords`. */
export function withWords(words: string): Opener {
  return { kind: 'recovery', keys: deriveVaultKeys(decodeWords(words)) };
}

/** Opens a vault with its twelve words. Errors as `unlockWith`, and as `decodeWords`. */
export async function unlock(
  service: Service,
  subject: string,
  words: string,
  remembered?: ReadonlySet<string>,
): Promise<StaffSession> {
  return unlockWith(service, subject, withWords(words), remembered);
}

/**
 * Opens a vault, then a session with the key inside. The session is opened again when it is over, and when an act asks
 * for a vault that was unlocked just now; for a password that asks for another code.
 *
 * @param subject - identifier of the person, hex.
 * @param remembered - hashes, hex, of the certificates and epochs of her role that she was told of.
 * @throws {ApiProblem} `unauthorized` for another person's words, or a wrong password or code; `too_many_requests`.
 * @throws {OpenError} the vault does not open, or is not as she signed it.
 * @throws {VerificationError} as `usableCertificate`; `certificate_unknown` if the keyring is not the certificate's.
 * @see libs/crypto SPEC.md §11.5, §11.7
 */
export async function unlockWith(
  service: Service,
  subject: string,
  opener: Opener,
  remembered?: ReadonlySet<string>,
): Promise<StaffSession> {
  const { deps, directory } = service;
  const { nonce, keyring, vault } = await openStoredVault(service, subject, opener);
  const certificate = usableCertificate(directory.keyset, keyring.certificateHash, deps.now());
  const signer = makeSigner(deps.signing, keyring.signingSeed);
  const role = directory.keyset.roles.find(({ id }) => bytesEqual(id, certificate.roleId));
  if (!bytesEqual(signer.publicKey, certificate.signingPublicKey) || role === undefined) {
    return refuse('role_missing');
  }
  const again = async () => (await openStoredVault(service, subject, opener)).nonce;
  const api = service.api.authorizedBy(
    sessionAuthorizer(service, { signer, certificateHash: certificate.hash }, nonce, again),
  );
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
    vault,
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

/** Her sessions that are not over, wherever they were opened. */
export async function listSessions({ service }: StaffSession): Promise<SessionList['sessions']> {
  return (await service.api.call('sessions', {})).sessions;
}

/** Ends one of her sessions by its identifier. @throws {ApiProblem} `not_found` also for somebody else's. */
export async function endSession({ service }: StaffSession, session: string): Promise<void> {
  await service.api.call('endSession', { params: { session } });
}
