/** What the page at `/` of the public origin is served with, and what its release is signed for. */

/**
 * What the page needs beyond the policy of every origin: its own scripts, requests to its own origin, and one
 * Trusted Types policy that makes nothing but the address of its worker.
 */
export const PAGE_POLICY = {
  'script-src': "'self'",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'trusted-types': 'sealing-worker',
} as const;

/** Where the page finds what it pins. */
export const PAGE_TRUST = '/trust.json';
