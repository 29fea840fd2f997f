/** Files that survive a power cut. Loaded when one is needed: the platform brings the servers' framework along. */
export { readFileStrict, writeImmutable } from '@app/platform';
