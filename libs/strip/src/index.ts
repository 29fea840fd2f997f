/** The door of the library: see SPEC.md. */
export { strip, type Stripped } from './strip.js';
export {
  StripError,
  type StripErrorCode,
  type StripKind,
  type Kept,
  type Removed,
  type Warning,
} from './codes.js';
