/** Options that every command to a service has, and the verified service they lead to. */
import { apiOf, makeDeps } from './client.js';
import { connect, type DirectoryOptions, type Service } from '@app/client';
import type { Command } from 'commander';
import { explaining, usage } from './errors.js';
import { readTrust } from './stack/evaluation-files.js';
import { say, utc } from './terminal.js';

export type ServiceOptions = {
  readonly service: string;
  readonly trust: string;
  readonly acceptSilentWitnesses?: boolean;
};

const SERVICE = 'origin of the service, such as https://report.example.org';
const SILENT = 'go on although the witnesses have been silent for 7 to 30 days';

export function withService(command: Command): Command {
  return command
    .requiredOption('--service <url>', SERVICE)
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--accept-silent-witnesses', SILENT);
}

/**
 * Verifies the KEYSET of a service; nothing is sealed to, or believed from, a service that does not pass.
 * @param previous - the KEYSET that was accepted earlier, if this program remembers one.
 */
export async function connectTo(
  options: ServiceOptions,
  previous?: DirectoryOptions['previous'],
): Promise<Service> {
  const trust = readTrust(options.trust);
  const url = options.service.replace(/\/$/, '');
  if (!/^https?:\/\/[^/?#]+$/.test(url))
    throw usage('--service must be an origin, such as https://report.example.org.');
  const directoryOptions = {
    acceptStale: options.acceptSilentWitnesses === true,
    ...(previous && { previous }),
  };
  const service = await explaining(
    { witness_stale: 'To go on, repeat the command with --accept-silent-witnesses.' },
    async () => connect(await makeDeps(process.env), apiOf(url), trust, directoryOptions),
  );
  const { freshness, witnessedAt } = service.directory;
  if (freshness === 'witnesses_silent')
    say(`Caution: the witnesses were last heard of at ${utc(witnessedAt)}. You chose to go on.`);
  return service;
}
