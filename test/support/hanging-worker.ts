/** A process that takes one job and never ends it; a test kills it. Arguments: kind and URL of the queue's store. */
import { JobQueues } from '@app/jobs';
import { makeLogger } from '@app/platform';

const [kind, url] = process.argv.slice(2);
if ((kind !== 'postgres' && kind !== 'redis') || url === undefined) throw new Error('kind and url');

const queues = await JobQueues.open({ kind, url }, makeLogger('hanging-worker', { write: () => undefined }));
await queues.work('clock.lapse', async (payload) => {
  process.stdout.write(`${payload.case}\n`);
  await new Promise(() => undefined);
});
