export {
  type ApiClient,
  type ApiClientOptions,
  type Authorize,
  makeApiClient,
  MAX_ATTEMPTS,
} from './client.js';
export { ApiProblem, Unreachable } from './errors.js';
export type { Fetch, FetchAnswer, OutgoingRequest } from './transport.js';
