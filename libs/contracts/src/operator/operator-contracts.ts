/**
 * Questions that operators (`nmctl`) may ask each daemon, on its own socket. Each daemon's are in a file of their own:
 * a process makes the schemas of what it answers when it starts, and not those of the other four.
 */
import type { Contract } from '../call.ts';
import type { DaemonName } from '../endpoints.ts';
import { supervisorOperatorContract } from './account-supervisor.ts';
import { gatewayOperatorContract } from './api-gateway.ts';
import { bandwidthOperatorContract } from './bwcap-agent.ts';
import { dbOperatorContract } from './db-service.ts';
import { fetcherOperatorContract } from './plc-fetcher.ts';

/** The operator's contract of each daemon. */
export const OPERATOR_CONTRACTS = {
  'plc-fetcher': fetcherOperatorContract,
  'db-service': dbOperatorContract,
  'account-supervisor': supervisorOperatorContract,
  'bwcap-agent': bandwidthOperatorContract,
  'api-gateway': gatewayOperatorContract,
} as const satisfies Record<DaemonName, Contract>;
export type OperatorContracts = typeof OPERATOR_CONTRACTS;
