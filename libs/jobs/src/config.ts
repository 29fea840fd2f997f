import { z } from 'zod';

const url = (...schemes: readonly string[]) =>
  z.string().refine((text) => schemes.some((scheme) => text.startsWith(`${scheme}://`)));

/** Config slice of the processes that run jobs. With both set, Redis is used. */
export const jobsConfigSchema = z.object({
  SAFE_CONDUCT_QUEUE_URL: url('postgres', 'postgresql').optional().describe('a PostgreSQL URL'),
  SAFE_CONDUCT_REDIS_URL: url('redis', 'rediss').optional().describe('a Redis URL'),
});

/** Where the queue keeps its jobs. Code above this line does not know which it is. */
export type QueueStore =
  { readonly kind: 'postgres'; readonly url: string } | { readonly kind: 'redis'; readonly url: string };

/** @returns undefined if neither variable is set. */
export function queueStoreOf(config: z.output<typeof jobsConfigSchema>): QueueStore | undefined {
  if (config.SAFE_CONDUCT_REDIS_URL !== undefined)
    return { kind: 'redis', url: config.SAFE_CONDUCT_REDIS_URL };
  if (config.SAFE_CONDUCT_QUEUE_URL !== undefined)
    return { kind: 'postgres', url: config.SAFE_CONDUCT_QUEUE_URL };
  return undefined;
}
