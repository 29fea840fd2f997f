/** The schemas that the descriptions of the surfaces name, wherever they occur: their names there are these. */
export {
  blobStatusSchema as BlobStatus,
  caseEventSchema as CaseEvent,
  mailboxStateSchema as MailboxState,
  submissionReceiptSchema as SubmissionReceipt,
} from './public-api.js';
export {
  compartmentKeySchema as CompartmentKey,
  eventReceiptSchema as EventReceipt,
  keyBoxSchema as KeyBox,
  promiseSchema as Promised,
  proofSchema as LedgerProof,
  sealedObjectSchema as SealedObject,
  storedBlobSchema as StoredBlob,
  storedBoxSchema as StoredBox,
  storedObjectSchema as StoredObject,
} from './sealed.js';
export { caseSummarySchema as CaseSummary, epochBoxSchema as EpochBox } from './staff-api.js';
export { responseTimeSchema as ResponseTime } from './staff-api.js';
