/** Trust policies (SPEC.md §6): which logs and witnesses are known, and how many witnesses must agree. */
import { ParseError, bytesEqual, parseDecimal, type Instant } from '@app/encoding';
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  ALGORITHM_ML_DSA_44,
  parseVkey,
  type VerifierKey,
} from './note.js';

/** A log that may sign checkpoints; its key name is the log's origin. */
export type PolicyLog = VerifierKey & { readonly url?: string };

/** A witness; `name` is the policy's own name for it, the key name may differ. */
export type PolicyWitness = { readonly name: string; readonly key: VerifierKey; readonly url?: string };

/** The rule by which a set of witnesses is strong enough. `threshold` is 1…members.length. */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly name: string }
  | {
      readonly kind: 'group';
      readonly name: string;
      readonly threshold: number;
      readonly members: readonly Quorum[];
    };

export type Policy = {
  readonly logs: readonly PolicyLog[];
  readonly witnesses: readonly PolicyWitness[];
  readonly quorum: Quorum;
};

/**
 * The quorum time of a policy without a quorum: no witness bounds when the checkpoint existed.
 *
 * It is the largest instant and not 0, so that an unwitnessed checkpoint never counts as early.
 */
export const NO_QUORUM_TIME: Instant = Number.MAX_SAFE_INTEGER;

const POLICY_MAX_CHARS = 1_000_000;
/** Far above the 32 of each kind that every implementation supports. */
const POLICY_MAX_DEFINITIONS = 256;

const LOG_ALGORITHMS: readonly number[] = [ALGORITHM_ED25519, ALGORITHM_ML_DSA_44];
const WITNESS_ALGORITHMS: readonly number[] = [ALGORITHM_COSIGNATURE, ALGORITHM_ML_DSA_44];

/** What has been read so far; `names` holds witnesses and groups, `members` the names already in a group. */
type Draft = {
  readonly logs: PolicyLog[];
  readonly witnesses: PolicyWitness[];
  readonly names: Map<string, Quorum>;
  readonly members: Set<string>;
  quorum: Quorum | undefined;
};

/**
 * Reads a policy file.
 *
 * @param text - the file decoded as UTF-8; every line ends with a newline.
 * @throws {ParseError} `too_long`, `control_character`, `bad_format`, `unknown_keyword`, `bad_name`,
 *   `undefined_name`, `duplicate_name`, `duplicate_key`, `duplicate_member`, `bad_key_type`, `bad_threshold`,
 *   `duplicate_quorum`, `quorum_line_missing`, `too_many_definitions`, and those of `parseVkey`.
 * @see SPEC.md §6.1; C2SP tlog-policy
 */
export function parsePolicy(text: string): Policy {
  if (text.length > POLICY_MAX_CHARS) throw bad('too_long');
  // C2SP tlog-policy, Character set: tab, newline, 0x20-0x7E and everything from 0x80.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) throw bad('control_character');
  // C2SP tlog-policy, Structure: each line is terminated by a newline.
  if (!text.endsWith('\n')) throw bad('bad_format');
  const draft: Draft = {
    logs: [],
    witnesses: [],
    names: new Map<string, Quorum>(),
    members: new Set<string>(),
    quorum: undefined,
  };
  for (const line of text.slice(0, -1).split('\n')) {
    // C2SP tlog-policy, Structure: white space is space and tab only.
    const [keyword, ...items] = line.split(/[ \t]+/).filter((item) => item !== '');
    if (keyword !== undefined && !keyword.startsWith('#')) readLine(draft, keyword, items);
  }
  if (draft.quorum === undefined) throw bad('quorum_line_missing');
  return { logs: draft.logs, witnesses: draft.witnesses, quorum: draft.quorum };
}

/**
 * The time by which a quorum had cosigned: the smallest t such that the cosignatures made at or before t satisfy it.
 *
 * @param times - the earliest verified cosignature time of each witness, by the policy's name for it.
 * @returns undefined if the quorum is not reached; {@link NO_QUORUM_TIME} if the policy asks for none.
 * @see SPEC.md §6.3
 */
export function quorumTime(quorum: Quorum, times: ReadonlyMap<string, Instant>): Instant | undefined {
  switch (quorum.kind) {
    case 'none':
      return NO_QUORUM_TIME;
    case 'witness':
      return times.get(quorum.name);
    case 'group': {
      const reached = quorum.members.flatMap((member) => quorumTime(member, times) ?? []);
      // A group of threshold k is satisfied once its k-th earliest member is.
      return reached.sort((a, b) => a - b)[quorum.threshold - 1];
    }
  }
}

const LINES = new Map<string, (draft: Draft, items: readonly string[]) => void>([
  ['log', readLog],
  ['witness', readWitness],
  ['group', readGroup],
  ['quorum', readQuorum],
]);

function readLine(draft: Draft, keyword: string, items: readonly string[]): void {
  const read = LINES.get(keyword);
  if (read === undefined) throw bad('unknown_keyword');
  read(draft, items);
}

function readLog(draft: Draft, items: readonly string[]): void {
  const [vkey, url, ...rest] = items;
  if (vkey === undefined || rest.length > 0) throw bad('bad_format');
  const key = readKey(draft, vkey, LOG_ALGORITHMS);
  // C2SP tlog-policy, Defining a log: the same public key is listed once.
  if (draft.logs.some((log) => bytesEqual(log.publicKey, key.publicKey))) throw bad('duplicate_key');
  draft.logs.push({ ...key, ...(url !== undefined && { url }) });
  checkCount(draft.logs.length);
}

function readWitness(draft: Draft, items: readonly string[]): void {
  const [name, vkey, url, ...rest] = items;
  if (name === undefined || vkey === undefined || rest.length > 0) throw bad('bad_format');
  const key = readKey(draft, vkey, WITNESS_ALGORITHMS);
  // C2SP tlog-policy, Defining a witness: the same public key is listed once.
  if (draft.witnesses.some((witness) => bytesEqual(witness.key.publicKey, key.publicKey))) {
    throw bad('duplicate_key');
  }
  define(draft, name, { kind: 'witness', name });
  draft.witnesses.push({ name, key, ...(url !== undefined && { url }) });
}

function readKey(draft: Draft, vkey: string, algorithms: readonly number[]): VerifierKey {
  const key = parseVkey(vkey);
  // C2SP tlog-policy, Public key representation: a signature type fit for the purpose.
  if (!algorithms.includes(key.algorithm)) throw bad('bad_key_type');
  // A signature line names its key by name and id; two keys that share both could not be told apart.
  const known = [...draft.logs, ...draft.witnesses.map((witness) => witness.key)];
  if (known.some((other) => other.name === key.name && other.keyId === key.keyId)) throw bad('duplicate_key');
  return key;
}

function readGroup(draft: Draft, items: readonly string[]): void {
  const [name, rule, ...memberNames] = items;
  // C2SP tlog-policy, Defining a witness group: n is at least 1.
  if (name === undefined || rule === undefined || memberNames.length === 0) throw bad('bad_format');
  const threshold = readThreshold(rule, memberNames.length);
  const members = memberNames.map((member) => {
    const definition = draft.names.get(member);
    if (definition === undefined) throw bad('undefined_name');
    // C2SP tlog-policy: each defined name is a group member at most once, in the whole file.
    if (draft.members.has(member)) throw bad('duplicate_member');
    draft.members.add(member);
    return definition;
  });
  define(draft, name, { kind: 'group', name, threshold, members });
}

function readThreshold(rule: string, memberCount: number): number {
  if (rule === 'any') return 1;
  if (rule === 'all') return memberCount;
  const threshold = parseDecimal(rule, 'policy');
  // C2SP tlog-policy: 1 <= k <= n.
  if (threshold < 1 || threshold > memberCount) throw bad('bad_threshold');
  return threshold;
}

function readQuorum(draft: Draft, items: readonly string[]): void {
  const [name, ...rest] = items;
  if (name === undefined || rest.length > 0) throw bad('bad_format');
  // C2SP tlog-policy, Defining the quorum: exactly one quorum line.
  if (draft.quorum !== undefined) throw bad('duplicate_quorum');
  draft.quorum = name === 'none' ? { kind: 'none' } : draft.names.get(name);
  if (draft.quorum === undefined) throw bad('undefined_name');
}

function define(draft: Draft, name: string, definition: Quorum): void {
  // C2SP tlog-policy: "none" is predefined; witnesses and groups share one namespace.
  if (name === 'none') throw bad('bad_name');
  if (draft.names.has(name)) throw bad('duplicate_name');
  draft.names.set(name, definition);
  checkCount(draft.names.size);
}

function checkCount(count: number): void {
  if (count > POLICY_MAX_DEFINITIONS) throw bad('too_many_definitions');
}

function bad(code: string): ParseError {
  return new ParseError(code, 'policy');
}
