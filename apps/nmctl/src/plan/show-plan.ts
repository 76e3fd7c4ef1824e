/** `nmctl plan`: what the agents would do next, as commands. */
import { heard } from '../ask/answer.ts';
import { daemonsOf, LOOK_MS } from '../ask/ask-daemons.ts';
import { complainOfMissing } from '../ask/complain-of-missing.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { renderPlan } from './render-plan.ts';

/** Prints the plan of each agent that answers; nothing is carried out. */
export async function showPlan(session: Session): Promise<ExitCode> {
  const { terminal, json } = session;
  const ask = daemonsOf(session);
  const [accounts, bandwidth] = await Promise.all([
    ask('account-supervisor', 'plan', {}, LOOK_MS),
    ask('bwcap-agent', 'plan', {}, LOOK_MS),
  ]);
  const missing = 'its plan is not shown';
  const code = complainOfMissing(
    [
      { daemon: 'account-supervisor', missing, answer: accounts },
      { daemon: 'bwcap-agent', missing, answer: bandwidth },
    ],
    terminal,
  );
  if (code === EXIT.silent) return code;
  const plans = Object.entries({
    'account-supervisor': heard(accounts),
    'bwcap-agent': heard(bandwidth),
  }).flatMap(([agent, plan]) => (plan === undefined ? [] : [{ agent, plan }]));
  if (json) {
    terminal.printJson(Object.fromEntries(plans.map(({ agent, plan }) => [agent, plan])));
  } else {
    for (const { agent, plan } of plans) terminal.print(renderPlan(agent, plan, terminal.page));
  }
  return code;
}
