/** For processes built on Nest: apart from the rest, because the smallest ones load no framework. */
export { LANDING_CSS, renderLandingPage, type LandingFacts } from './landing.js';
export { makeNestLogger } from './nest-logger.js';
export { createServer, serve, type CreateServerOptions, type ServeOptions } from './server.js';
