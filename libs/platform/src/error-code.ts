const CHAIN_MAX = 5;
const SAFE = /^[A-Za-z0-9_.-]{1,60}$/;

/** One error of a cause chain, by duck type: errors cross realms and packages, `instanceof` does not. */
export type ErrorLink = { readonly name?: unknown; readonly code?: unknown; readonly message?: unknown };

/** The error and its causes, outermost first, at most five. */
export function errorChain(err: unknown): ErrorLink[] {
  const chain: ErrorLink[] = [];
  let link = err;
  while (typeof link === 'object' && link !== null && chain.length < CHAIN_MAX) {
    chain.push(link);
    link =
      'cause' in link && link.cause !== undefined
        ? link.cause
        : 'driverError' in link
          ? link.driverError
          : undefined;
  }
  return chain;
}

/** Names and codes of an error and its causes, `QueryFailedError:40P01 > error:40P01`; never a message. */
export function errorCode(err: unknown): string {
  const parts = errorChain(err).map(({ name, code }) => {
    const safeCode = typeof code === 'number' ? String(code) : code;
    return [name, safeCode].filter((part) => typeof part === 'string' && SAFE.test(part)).join(':');
  });
  return parts.filter((part) => part !== '').join(' > ') || 'unknown';
}
