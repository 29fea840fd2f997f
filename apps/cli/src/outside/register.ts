/** The commands of those who trust neither the operator nor the officials: copy, check, witness, watch. */
import type { Command } from 'commander';
import { registerFsck } from './fsck-command.js';
import { registerMirror } from './mirror-command.js';
import { registerRecover } from './recover-command.js';
import { registerVerifyPage } from './verify-page-command.js';
import { registerWatch } from './watch-command.js';
import { registerWitness } from './witness-command.js';

export function registerOutside(program: Command): void {
  registerMirror(program);
  registerRecover(program);
  registerFsck(program);
  registerWitness(program);
  registerWatch(program);
  registerVerifyPage(program);
}
