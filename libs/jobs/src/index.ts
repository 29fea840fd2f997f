export { jobsConfigSchema, queueStoreOf, type QueueStore } from './config.js';
export { type Delivery, type JobContext, JobQueues, type Processor } from './job-queues.js';
export { Relay } from './relay.js';
export { type Payload, QUEUE_NAMES, type QueueName, QUEUES } from './queues.js';
export { migrateQueueStore } from './store.js';
