/** Must be loaded first: zod probes for `eval` unless told not to, and the policy of this page forbids the probe. */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });
