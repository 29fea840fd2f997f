/** The evaluation organisation renews its own role epochs: whoever tries it out must always be able to report. */
import { readFileSync, writeFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import {
  type ClientDeps,
  connect,
  holderOf,
  loadDirectory,
  renewEpochs,
  rolesDueForRenewal,
  type Service,
  type StaffSession,
  unlock,
} from '@app/client';
import { toBase64, toHex } from '@app/encoding';
import { apiOf } from '../client.js';
import { readMembers, readTrust } from './evaluation-files.js';
import { StackError } from './stack.js';

const ANNOUNCED_SECONDS = 60;
const ANNOUNCED_POLL_MS = 200;

/** Makes and publishes the next epochs if they are due, and waits until the ledger announces them. */
export async function renewIfDue(deps: ClientDeps, dataDir: string, staffUrl: string): Promise<void> {
  const members = readMembers(dataDir);
  if (members.length === 0) return;
  const trust = readTrust(path.join(dataDir, 'directory', 'trust.json'));
  const service = await connect(deps, apiOf(staffUrl), trust);
  const { keyset } = service.directory;
  if (rolesDueForRenewal(keyset, deps.now()).length === 0) return;
  const sessions: StaffSession[] = [];
  for (const member of members) sessions.push(await unlock(service, member.subject, member.words));
  const holders = sessions.map((session) => holderOf(deps, keyset, session.keyring));
  const renewal = await renewEpochs(deps, keyset, holders, deps.now());
  const [publisher] = sessions;
  if (publisher === undefined) return;
  const body = { keyset: toBase64(renewal.keyset), boxes: [...renewal.epochBoxes] };
  await publisher.service.api.call('publishKeyset', {
    idempotencyKey: toHex(deps.random.bytes(16)),
    body,
  });
  replaceFile(path.join(dataDir, 'directory', 'keyset.bin'), renewal.keyset);
  await untilAnnounced(publisher.service, keyset.version + 1);
}

/** Until then the KEYSET before is the one that clients can check. */
async function untilAnnounced({ deps, trust, api }: Service, version: number): Promise<void> {
  const deadline = deps.now() + ANNOUNCED_SECONDS;
  while ((await loadDirectory(deps, api, trust)).keyset.version < version) {
    if (deps.now() > deadline) throw new StackError('The renewed KEYSET was not witnessed within a minute.');
    await deps.sleep(ANNOUNCED_POLL_MS);
  }
}

/** The file follows what was published, so that a fresh database can be filled from it. */
function replaceFile(file: string, bytes: Uint8Array): void {
  if (readFileSync(file).equals(bytes)) return;
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
}
