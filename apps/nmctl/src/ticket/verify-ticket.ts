/** `nmctl ticket verify`: whether a node would take a ticket now, and in one line why not. No daemon. */

import { MAX_TICKET_BYTES } from '@nodemgr/tickets';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { line } from '../render/render-line.ts';
import { momentText } from '../render/render-time.ts';
import type { Session } from '../session.ts';
import { attemptTicket, nowOf } from './attempt-ticket.ts';
import { findNode, findTrust, type TrustOptions } from './find-trust.ts';
import { judgeByTrust, type Verdict } from './judge-by-trust.ts';
import { readInput } from './read-input.ts';

function printVerdict(verdict: Verdict, nodeId: number, { terminal, json }: Session): ExitCode {
  if (!verdict.counts) {
    terminal.complain(verdict.why);
    if (json) terminal.printJson({ valid: false, why: verdict.why });
    return EXIT.trouble;
  }
  const { record, signer } = verdict;
  const { name, expiry = 0 } = record;
  if (json) terminal.printJson({ valid: true, slice: name, node: nodeId, expiry, signer });
  else {
    const until = momentText(expiry * 1000, terminal.page);
    terminal.print([
      line(`valid: ${name} on node ${nodeId}, until ${until}, by the key ${signer}`),
    ]);
  }
  return EXIT.ok;
}

/** Exits with ok or trouble. Only that node knows what it accepted earlier for the slice. */
export function verifyFile(
  session: Session,
  file: string,
  options: TrustOptions,
): Promise<ExitCode> {
  return attemptTicket(session, async () => {
    const nodeId = findNode(session, options);
    const trust = await findTrust(session, options);
    const bytes = await readInput(file, MAX_TICKET_BYTES);
    return printVerdict(
      judgeByTrust(bytes, { trust, nodeId, now: nowOf(session) }),
      nodeId,
      session,
    );
  });
}
