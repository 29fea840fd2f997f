export { jobsConfigSchema, queueStoreOf, type QueueStore } from './config.js';
export { DeadLetters, type RaiseAlarm } from './dead-letters.js';
export { type DeadJob, type Delivery, type JobContext, JobQueues, type Processor } from './job-queues.js';
export { Relay } from './relay.js';
export { type JobAlarm, type Payload, QUEUE_NAMES, type QueueName, QUEUES } from './queues.js';
export { migrateQueueStore } from './store.js';
