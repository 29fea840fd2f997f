/** The evaluation organisation renews its own role epochs: whoever tries it out must always be able to report. */
import { readFileSync, writeFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import {
  type ClientDeps,
  connect,
  holderOf,
  renewEpochs,
  rolesDueForRenewal,
  type StaffSession,
  unlock,
} from '@app/client';
import { toBase64 } from '@app/encoding';
import { apiOf } from '../client.js';
import { readMembers, readTrust } from './evaluation-files.js';

/** Makes and publishes the next epochs if they are due. @returns whether it did. */
export async function renewIfDue(deps: ClientDeps, dataDir: string, staffUrl: string): Promise<boolean> {
  const members = readMembers(dataDir);
  if (members.length === 0) return false;
  const trust = readTrust(path.join(dataDir, 'directory', 'trust.json'));
  const service = await connect(deps, apiOf(staffUrl), trust);
  const { keyset } = service.directory;
  if (rolesDueForRenewal(keyset, deps.now()).length === 0) return false;
  const sessions: StaffSession[] = [];
  for (const member of members) sessions.push(await unlock(service, member.subject, member.words));
  const holders = sessions.map((session) => holderOf(deps, keyset, session.keyring));
  const renewal = await renewEpochs(deps, keyset, holders, deps.now());
  const [publisher] = sessions;
  if (publisher === undefined) return false;
  const body = { keyset: toBase64(renewal.keyset), boxes: [...renewal.epochBoxes] };
  await publisher.service.api.call('publishKeyset', { body });
  replaceFile(path.join(dataDir, 'directory', 'keyset.bin'), renewal.keyset);
  return true;
}

/** The file follows what was published, so that a fresh database can be filled from it. */
function replaceFile(file: string, bytes: Uint8Array): void {
  if (readFileSync(file).equals(bytes)) return;
  writeFileSync(`${file}.new`, bytes);
  renameSync(`${file}.new`, file);
}
